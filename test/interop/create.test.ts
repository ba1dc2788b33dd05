/** Objects made from words and flags, beside kubectl. */
import { besideKubectl, type Round, type Step } from './beside-kubectl.ts';

/** The same object as YAML and JSON without a server, then really made. */
const made = (line: string): Step[] => [
  { line: `create ${line} --dry-run=client -o yaml` },
  { line: `create ${line} --dry-run=client -o json` },
  { line: `create ${line}` },
];

/** Kinds that the embedded cluster does not have: only what would be sent. */
const drawn = (line: string): Step => ({ line: `create ${line} --dry-run=client -o yaml` });

const pod = `
apiVersion: v1
kind: Pod
metadata: {name: both, labels: {app: both}}
spec: {containers: [{name: a, image: fairlead.local/echo, ports: [{containerPort: 53, protocol: UDP}, {containerPort: 53}, {containerPort: 80}]}]}
`;

const create: Round = {
  steps: [
    ...made('deployment web --image=fairlead.local/echo --port=8080 --replicas=2'),
    drawn('deploy many --image=a.example/b/c:1 --image=de@sha256:1234'),
    drawn('deployment ran --image=fairlead.local/echo -- sh -c'),
    { line: 'create sa printed -o jsonpath={.metadata.name}' },
    { line: 'create deployment noimage', sense: 'outcome' },
    ...made('configmap one --from-literal=a=b --from-literal=c=d=e'),
    ...made('cm empty'),
    { line: 'create cm one', sense: 'bytes' },
    { line: 'create cm bad --from-literal=nothing', sense: 'outcome' },
    { line: 'create cm bad --from-file=/no/such', sense: 'outcome' },
    ...made('secret generic plain --from-literal=user=me --type=example.com/kind'),
    ...made(
      'secret docker-registry pull --docker-username=u --docker-password=p --docker-server=r.example --docker-email=e@x',
    ),
    { line: 'create secret tls t --cert=/no/such --key=/no/such', sense: 'outcome' },
    ...made('service clusterip ci --tcp=80:8080 --tcp=443'),
    ...made('svc clusterip headless --clusterip=None'),
    drawn('service nodeport np --tcp=80:web --node-port=30123'),
    ...made('service loadbalancer lb --tcp=80'),
    ...made('service externalname en --external-name=a.example'),
    { line: 'create service clusterip none', sense: 'outcome' },
    ...made('sa robot'),
    ...made('role reader --verb=get,list --resource=pods,deploy,pods/log --resource-name=a'),
    drawn('role all --verb=* --resource=*.*'),
    drawn('role core --verb=get,* --resource=*'),
    drawn('role apps --verb=get --resource=*.apps,pods/*,*/scale'),
    { line: 'create role bad --verb=get --resource=nothings', sense: 'outcome' },
    drawn('clusterrole urls --verb=get --non-resource-url=/metrics,/healthz'),
    drawn('clusterrole sum --aggregation-rule=a=b,c=d'),
    drawn('clusterrole nodes --verb=get --resource=nodes'),
    ...made('rolebinding rb --role=reader --user=ann --group=g --serviceaccount=other:robot'),
    drawn('rolebinding rb2 --clusterrole=view --user=a,b'),
    drawn('clusterrolebinding crb --clusterrole=view --group=g'),
    { line: 'create rolebinding rb3 --user=a', sense: 'outcome' },
    { line: 'create token robot', sense: 'outcome' },
    { line: 'create token nobody' },
    { line: 'create token robot --bound-object-kind=Pod', sense: 'outcome' },
    { line: 'expose deploy web --dry-run=client -o yaml' },
    {
      line: 'expose deploy/web --port=80 --target-port=http --name=other --type=NodePort --session-affinity=ClientIP --dry-run=client -o yaml',
    },
    { line: 'expose deploy/web' },
    { line: 'expose svc/web --name=web2 --port=99 --dry-run=client -o yaml' },
    { line: 'expose cm/one --port=80', sense: 'outcome' },
    { line: 'expose deploy/web --port=http', sense: 'outcome' },
    { line: 'apply -f -', input: pod },
    { line: 'expose pod both --dry-run=client -o yaml' },
    { line: 'expose pod both --selector=x=y --labels=l=m --dry-run=client -o yaml' },
    { line: 'expose pod both --cluster-ip=None --name=hl' },
    { line: 'get cm,svc,sa,role,rolebinding', settles: true },
    { line: 'get secret plain pull -o yaml' },
  ],
};

besideKubectl({ 'create KIND and expose': create });
