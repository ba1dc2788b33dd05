/** Commands that change objects by name, selector and file, and those that ask the server about itself. */
import { besideKubectl, type Round } from './beside-kubectl.ts';

const manifest = `
apiVersion: v1
kind: ConfigMap
metadata: {name: one, labels: {app: web}}
data: {a: b}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: two, labels: {app: web}, annotations: {note: old}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: fairlead.local/echo}]}
`;

const changes: Round = {
  prepare: manifest,
  steps: [
    { line: 'label cm one tier=front' },
    { line: 'label cm/one tier=front' },
    { line: 'label cm one tier=back', sense: 'outcome' },
    { line: 'label cm one two tier=back --overwrite' },
    { line: 'label cm one new=1 app-' },
    { line: 'label cm one nothing-' },
    { line: 'label cm one new-' },
    { line: 'label cm --all all=yes' },
    { line: 'label cm -l tier=back found=1 -o name' },
    { line: 'label cm one x=y --dry-run=client -o yaml' },
    { line: 'label cm one x=y --dry-run=server' },
    { line: 'label cm one z=1 -o jsonpath={.metadata.labels.z}' },
    { line: 'label cm one two z=2 --overwrite -o jsonpath={.metadata.labels.z}' },
    // Kubectl changes the label before it refuses the form: nothing there for it to change.
    { line: 'label cm one none- -o wide', sense: 'failure' },
    { line: 'label cm one z-' },
    { line: 'label cm one', sense: 'outcome' },
    // Their order changes from run to run.
    { line: 'label cm one --list', sense: 'outcome' },
    { line: 'label cm nope x=y' },
    { line: 'label -f - from=file', input: manifest },
    { line: 'label cm one x=bad/value!', sense: 'outcome' },
    { line: 'annotate cm one note=new' },
    { line: 'annotate cm two note=new', sense: 'outcome' },
    { line: 'annotate cm two note=new --overwrite' },
    { line: 'annotate cm two note-' },
    { line: ['annotate', 'cm/one', 'long=with = and spaces'] },
    { line: 'get cm one two -o yaml' },
    { line: 'scale deploy/web --replicas=1' },
    { line: 'scale deploy web --replicas=3 --current-replicas=7', sense: 'outcome' },
    { line: 'scale deploy web --replicas=3 --current-replicas=1' },
    { line: 'scale deploy/web --replicas=2 --dry-run=server' },
    { line: 'scale deploy/web --replicas=2 --dry-run=client' },
    { line: 'scale deploy/web', sense: 'outcome' },
    { line: 'scale cm/one --replicas=2', sense: 'outcome' },
    { line: 'scale deploy/web --replicas=0 --timeout=30s' },
    { line: 'delete cm one --dry-run=client' },
    { line: 'delete cm one --dry-run=server' },
    { line: 'delete cm one' },
    { line: 'delete cm one' },
    { line: 'delete cm one --ignore-not-found' },
    { line: 'delete cm -l app=none' },
    { line: 'delete cm/two deploy/web -o name' },
    { line: 'delete cm', sense: 'outcome' },
    { line: 'delete cm two --all', sense: 'outcome' },
    { line: 'delete -f -', input: manifest },
    { line: 'delete -f - --ignore-not-found', input: manifest },
    { line: 'delete -f /no/such/file', sense: 'outcome' },
    { line: 'delete cm --all' },
  ],
};

const itself: Round = {
  steps: [
    { line: 'api-resources' },
    { line: 'api-resources -o wide --sort-by=kind' },
    { line: 'api-resources -o name --namespaced=false' },
    { line: 'api-resources --api-group=apps --no-headers' },
    { line: 'api-resources --verbs=list,delete --categories=all' },
    { line: 'api-resources -o yaml' },
    { line: 'api-resources -o json' },
    { line: 'api-versions' },
    { line: 'auth whoami' },
    { line: 'auth whoami -o yaml' },
    { line: 'auth can-i create pods' },
    { line: 'auth can-i fly pods' },
    { line: 'auth can-i list nodes' },
    { line: 'auth can-i get nothing.example.com' },
    { line: 'auth can-i get /metrics' },
    { line: 'auth can-i --list' },
    { line: 'auth can-i --list --no-headers' },
    { line: 'events' },
    { line: 'events --types=Wrong', sense: 'outcome' },
    { line: 'events --for cm/none' },
  ],
};

besideKubectl({ 'label, annotate, scale, delete': changes, 'what the server says of itself and of you': itself });
