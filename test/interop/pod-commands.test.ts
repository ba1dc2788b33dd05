/** logs, exec, cp, run and attach by kubectl and by Fairlead, line by line. */
import { besideKubectl, type Round } from './beside-kubectl.ts';

/**
 * Prepared by kubectl in both namespaces; `pair` and `web` go on, `over` ends. A container is Ready once it has said what it
 * says: two logs that are empty yet are the same, too.
 */
const manifest = `
apiVersion: v1
kind: Pod
metadata: {name: pair, labels: {app: talk}}
spec:
  terminationGracePeriodSeconds: 1
  initContainers: [{name: setup, image: shell, args: [-c, echo set up]}]
  containers:
  - name: one
    image: shell
    args: [-c, 'echo one 1; echo one 2; printf "three \\\\033[31m\\\\377\\\\n"; : >said-one; exec sleep 600']
    readinessProbe: {exec: {command: [test, -e, said-one]}, periodSeconds: 1}
  - name: two
    image: shell
    args: [-c, 'echo two; : >said-two; exec sleep 600']
    readinessProbe: {exec: {command: [test, -e, said-two]}, periodSeconds: 1}
---
apiVersion: v1
kind: Pod
metadata: {name: over, labels: {app: short}}
spec:
  restartPolicy: Never
  containers: [{name: c, image: shell, args: [-c, 'echo done; printf "no end"; exit 3']}]
---
apiVersion: v1
kind: Service
metadata: {name: talk}
spec: {selector: {app: talk}, ports: [{port: 80}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: nothing}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchExpressions: [{key: app, operator: In, values: [web]}]}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: web
        image: shell
        args: [-c, 'echo served; : >said; exec sleep 600']
        readinessProbe: {exec: {command: [test, -e, said]}, periodSeconds: 1}
`;

const images = { shell: '/bin/sh' };

const logs: Round = {
  prepare: manifest,
  steps: [
    { line: 'wait pod/pair --for=condition=Ready --timeout=30s' },
    { line: 'wait deploy/web --for=condition=Available --timeout=30s' },
    { line: 'wait pod/over --for=jsonpath={.status.phase}=Failed --timeout=30s' },
    { line: 'logs pair -c two' },
    { line: 'logs pair' },
    { line: 'logs pair one' },
    { line: 'logs pod/pair -c one --tail=1' },
    { line: 'logs pair -c one --tail=0' },
    { line: 'logs pair -c one --limit-bytes=8' },
    { line: 'logs pair -c setup' },
    { line: 'logs pair -c one --prefix' },
    { line: 'logs pair -c one --since=1h' },
    { line: 'logs pair -c one --since-time=2199-01-01T00:00:00Z' },
    { line: 'logs pair -c one --timestamps --tail=2' },
    { line: 'logs over' },
    { line: 'logs -f over' },
    { line: 'logs -f over --limit-bytes=3' },
    { line: 'logs over --prefix' },
    { line: 'logs over -p' },
    { line: 'logs deploy/web' },
    { line: 'logs svc/talk -c two' },
    { line: 'logs -l app=talk -c one --tail=1' },
    { line: 'logs -l app=short' },
    { line: 'logs -l app=none' },
    { line: 'logs pair --all-containers -c one', sense: 'outcome' },
    { line: 'logs pair -c nope', sense: 'outcome' },
    { line: 'logs nope', sense: 'outcome' },
    { line: 'logs cm/nothing', sense: 'outcome' },
    { line: 'logs', sense: 'outcome' },
    { line: 'logs pair -l app=talk', sense: 'outcome' },
    { line: 'logs pair --since=1s --since-time=2199-01-01T00:00:00Z', sense: 'outcome' },
  ],
};

const execAndAttach: Round = {
  prepare: manifest,
  steps: [
    { line: 'wait pod/pair --for=condition=Ready --timeout=30s' },
    { line: 'wait deploy/web --for=condition=Available --timeout=30s' },
    { line: 'wait pod/over --for=jsonpath={.status.phase}=Failed --timeout=30s' },
    { line: 'exec pair -- echo hello' },
    { line: 'exec pair -q -- echo hello' },
    { line: 'exec pair -c two -- echo hello' },
    { line: 'exec pod/pair -c two -- echo -n -- -it' },
    { line: 'exec deploy/web -- echo hello' },
    { line: 'exec svc/talk -c two -- echo hello' },
    { line: 'exec pair -i -c two -- cat', input: 'by standard input\n' },
    { line: 'exec pair -ic two -- wc -c', input: 'x'.repeat(300_000) },
    { line: 'exec pair -it -c two -- cat', input: 'no terminal\n' },
    { line: 'exec pair -c two -- cat', input: 'not read\n' },
    { line: ['exec', 'pair', '-c', 'two', '--', 'sh', '-c', 'echo out; echo err >&2; exit 3'] },
    { line: ['exec', 'pair', '-c', 'two', '--', 'sh', '-c', 'printf "\\033[31m\\377"'] },
    { line: ['exec', 'pair', '-c', 'two', '--', 'sh', '-c', 'no-such-program'] },
    { line: 'exec pair -c two -- no-such-program' },
    { line: 'exec pair -c nope -- echo', sense: 'outcome' },
    { line: 'exec over -- echo', sense: 'outcome' },
    { line: 'exec nope -- echo', sense: 'outcome' },
    { line: 'exec cm/nothing -- echo', sense: 'outcome' },
    { line: 'exec pair echo', sense: 'outcome' },
    { line: 'exec pair', sense: 'outcome' },
    { line: 'attach over', sense: 'outcome' },
    { line: 'attach nope', sense: 'outcome' },
    { line: 'attach', sense: 'outcome' },
  ],
};

const run: Round = {
  steps: [
    { line: 'run web --image=shell --dry-run=client -o yaml' },
    // kubectl's fields come in the order of its program.
    { line: 'run web --image=shell --dry-run=client -o json', sense: 'outcome' },
    { line: 'run web --image=shell --dry-run=client' },
    { line: 'run web --image=shell --dry-run=server' },
    { line: 'run web --image=shell --port=80 --env=A=b --env=EMPTY= -l app=web,tier=front --dry-run=client -o yaml' },
    {
      line: 'run web --image=shell --annotations=a=b=c --image-pull-policy=Never --privileged --dry-run=client -o yaml',
    },
    { line: 'run web --image=shell --restart=Never --dry-run=client -o yaml -- a -b --c' },
    { line: 'run web --image=shell --restart=OnFailure --command --dry-run=client -o yaml -- a -b' },
    // kubectl puts an empty document between the two.
    { line: 'run web --image=shell --port=80 --expose --dry-run=client -o yaml', sense: 'outcome' },
    { line: 'run web --image=shell --port=80 --expose --dry-run=client' },
    {
      line: [
        ...'run web --image=shell --dry-run=client -o yaml --overrides'.split(' '),
        '{"apiVersion":"v1","spec":{"nodeName":"here","dnsPolicy":null}}',
      ],
    },
    {
      line: [
        ...'run web --image=shell --dry-run=client -o yaml --override-type=strategic --overrides'.split(' '),
        '{"apiVersion":"v1","spec":{"containers":[{"name":"web","tty":true}]}}',
      ],
    },
    {
      line: [
        ...'run web --image=shell --dry-run=client -o yaml --override-type=json --overrides'.split(' '),
        '[{"op":"add","path":"/metadata/labels/more","value":"1"}]',
      ],
    },
    { line: 'run web --image=shell --dry-run=client --overrides={', sense: 'outcome' },
    { line: 'run web', sense: 'outcome' },
    { line: 'run --image=shell', sense: 'outcome' },
    { line: 'run web --image=shell -t', sense: 'outcome' },
    { line: 'run web --image=shell --rm', sense: 'outcome' },
    { line: 'run web --image=shell -i --dry-run=client', sense: 'outcome' },
    { line: 'run web --image=shell --restart=Perhaps', sense: 'outcome' },
    { line: 'run web --image=shell --port=many', sense: 'outcome' },
    { line: 'run web --image=shell --port=80 --expose -- -c sleep' },
    { line: 'get pod,svc web -o name' },
    { line: 'run web --image=shell', sense: 'outcome' },
    {
      // It writes once kubectl is attached: what comes between its look at the log and that is lost to it.
      line: [
        'run',
        'five',
        '--image=shell',
        '--restart=Never',
        '--attach',
        '-q',
        '--rm',
        '--',
        '-c',
        'sleep 4; echo hello; exit 5',
      ],
    },
    { line: 'get pod five', settles: true },
    { line: 'run in --image=shell --restart=Never -i -q --rm -- -c cat', input: 'what was given\n' },
    {
      line: 'run in2 --image=shell --restart=Never -i --rm --command -- sh -c cat',
      input: 'what was given\n',
      sense: 'outcome',
    },
  ],
};

const tree = [
  'rm -rf tree-SIDE out-SIDE back-SIDE; mkdir -p tree-SIDE/a/empty tree-SIDE/b; echo one >tree-SIDE/a/one',
  'head -c 300000 /dev/zero >tree-SIDE/b/zeros; echo "two words" >"tree-SIDE/b/a name"; ln -s one tree-SIDE/a/link',
  'chmod 751 tree-SIDE/a/one',
].join('; ');
const shown = (folder: string): string[] => [
  ...'exec pair -c two -- sh -c'.split(' '),
  `cd ${folder} && find . ! -type d | sort && cat a/one "b/a name" && wc -c b/zeros && ls -ld a/one | cut -c1-10`,
];

const cp: Round = {
  prepare: manifest,
  steps: [
    { line: 'wait pod/pair --for=condition=Ready --timeout=30s' },
    { line: ['exec', 'pair', '-c', 'two', '--', 'sh', '-c', tree] },
    { line: shown('tree-SIDE') },
    { line: 'cp -c two pair:tree-SIDE out-SIDE' },
    { line: 'cp -c two out-SIDE pair:back-SIDE' },
    // What is there already is what the first goes into.
    { line: 'cp -c two out-SIDE SIDE/pair:back-SIDE' },
    { line: ['exec', 'pair', '-c', 'two', '--', 'sh', '-c', 'cd back-SIDE && find . -type f | sort; cat a/one'] },
    { line: 'cp -c two pair:tree-SIDE/a/one one-SIDE --no-preserve' },
    { line: 'cp -c two one-SIDE pair:back-SIDE/again --no-preserve' },
    { line: 'exec pair -c two -- cat back-SIDE/again' },
    { line: 'cp -c two pair:tree-SIDE/b/zeros zeros-SIDE --retries=3' },
    { line: 'cp -c two zeros-SIDE pair:back-SIDE/zeros' },
    { line: 'exec pair -c two -- cmp back-SIDE/zeros tree-SIDE/b/zeros' },
    { line: 'cp -c two nothing pair:back-SIDE', sense: 'outcome' },
    { line: 'cp -c two one-SIDE pair:no/such/folder/file', sense: 'outcome' },
    { line: 'cp a b', sense: 'outcome' },
    { line: 'cp pair:a pair:b', sense: 'outcome' },
    { line: 'cp nope:a b', sense: 'outcome' },
    { line: 'cp over:a b', sense: 'outcome' },
    { line: 'cp a', sense: 'outcome' },
  ],
};

besideKubectl({ logs: logs, 'exec and attach': execAndAttach, run: run, cp: cp }, images);
