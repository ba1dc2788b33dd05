/** `wait` beside kubectl: what is met, what is not, and what never can be. */
import { besideKubectl, type Round } from './beside-kubectl.ts';

const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: fairlead.local/echo, ports: [{containerPort: 8080}]}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: one, labels: {app: web}}
data: {a: b}
`;

const waits: Round = {
  prepare: deployment,
  steps: [
    { line: 'wait deploy/web --for=condition=Available --timeout=60s' },
    { line: 'wait deploy web --for=condition=available=TRUE' },
    { line: 'wait deploy/web --for=jsonpath={.status.readyReplicas}=2' },
    { line: 'wait deploy/web --for=jsonpath=.status.readyReplicas' },
    { line: 'wait deploy/web --for=condition=Nope --timeout=1s', sense: 'outcome' },
    { line: 'wait deploy/web --for=condition=Available=false --timeout=0', sense: 'outcome' },
    { line: 'wait cm/one --for=create' },
    { line: 'wait cm/one --for=create --for=jsonpath={.data.a}=b' },
    { line: 'wait cm -l app=web --for=jsonpath={.data.a}=b -o name' },
    { line: 'wait cm -l app=none --for=condition=x', sense: 'outcome' },
    { line: 'wait cm/none --for=condition=x' },
    { line: 'wait cm/none --for=delete' },
    { line: 'wait cm/one --for=delete --timeout=1s', sense: 'outcome' },
    { line: 'wait cm/none --for=create --timeout=1s', sense: 'outcome' },
    { line: 'wait cm/one --for=nonsense', sense: 'outcome' },
    { line: 'wait cm/one', sense: 'outcome' },
    { line: 'wait deploy/web --for=jsonpath={.spec.template}=x', sense: 'outcome' },
    { line: 'wait deploy/web --for=jsonpath={.status.conditions[*].type}', sense: 'outcome' },
    { line: ['wait', 'deploy/web', '--for=jsonpath={.status.conditions[?(@.type=="Available")].status}=True'] },
  ],
};

besideKubectl({ wait: waits });
