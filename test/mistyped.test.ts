/** Names that do not exist get the nearest that does, below the line that scripts know; commands of kubectl alone its line. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Home, RunningFairlead } from './fairlead-process.ts';

let home: Home;
let running: RunningFairlead;
before(async () => {
  home = await Home.make();
  running = await RunningFairlead.up(home, '--data=:memory:', '--nodes', '0');
  await home.fairlead('create', 'deployment', 'web', '--image=none', '--replicas=0');
});
after(async () => {
  await running[Symbol.asyncDispose]();
  await home[Symbol.asyncDispose]();
});

async function told(line: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await home.fairlead(...line.split(' '));
  return { code, stdout, stderr };
}

test('an object that is not there: the server`s line as it is, and then the nearest name', async () => {
  for (const line of [
    'get deploy webb',
    'get deploy webb -o json',
    'get deploy webb -w',
    'delete deploy webb',
    'scale deploy webb --replicas=1',
    'label deploy webb a=b',
    'expose deploy webb --port=1',
    'wait deploy/webb --for=condition=Available',
  ]) {
    const stderr = 'Error from server (NotFound): deployments.apps "webb" not found\ndid you mean "web"?\n';
    const { code, stderr: said } = await told(line);
    assert.deepEqual({ line, code, stderr: said }, { line, code: 1, stderr });
  }
  const far = await told('get deploy something');
  assert.equal(far.stderr, 'Error from server (NotFound): deployments.apps "something" not found\n');
});

test('a type that is not there', async () => {
  for (const [line, close] of [
    ['get depoyments', 'deployments'],
    ['get depoyments.apps', 'deployments.apps'],
    ['describe depoy', 'deploy'],
    ['delete servics a', 'services'],
  ] as const) {
    const type = line.split(' ')[1];
    const stderr = `error: the server doesn't have a resource type "${type}"\ndid you mean "${close}"?\n`;
    assert.deepEqual(await told(line), { code: 1, stdout: '', stderr });
  }
  const asked = await told('auth can-i get pdos');
  assert.equal(asked.stderr, `Warning: the server doesn't have a resource type 'pdos'\n\ndid you mean "pods"?\n`);
});

test('a namespace that is not there', async () => {
  const note = 'there is no namespace "defualt"; did you mean "default"?\n';
  const empty = { code: 0, stdout: '', stderr: `No resources found in defualt namespace.\n${note}` };
  assert.deepEqual(await told('get pods -n defualt'), empty);
  assert.equal((await told('get pods -n default')).stderr, 'No resources found in default namespace.\n');
  assert.equal(
    (await told('get deploy web -n defualt')).stderr,
    `Error from server (NotFound): deployments.apps "web" not found\n${note}`,
  );
  assert.equal(
    (await told('create configmap c -n defualt')).stderr,
    'error: failed to create configmap: namespaces "defualt" not found\ndid you mean "default"?\n',
  );
});

test('a context, a form of output and a shell that are not there', async () => {
  const context = await told('get pods --context fairled');
  assert.equal(context.code, 1);
  assert.match(context.stderr, /^error: There is no context "fairled" .*\ndid you mean "fairlead"\?\n$/);
  for (const [line, expected] of [
    ['get po -o jsn', /"jsn" for --output \(did you mean json\?\)/],
    ['get po -o custom-column=a', /--output \(did you mean custom-columns\?\)/],
    ['completion bsh', /\(did you mean "bash"\?\)/],
    ['uncordn x', /^error: unknown command "uncordn" \(did you mean "uncordon"\? Only kubectl has it\)/],
  ] as const) {
    const { code, stderr } = await told(line);
    assert.equal(code, 2, line);
    assert.match(stderr, expected);
  }
});

test('a command of kubectl alone is refused by its name, whatever its flags', async () => {
  for (const [line, name] of [
    ['create ingress i --rule=a/b=s:80', 'create ingress'],
    ['create quota q --hard=cpu=1', 'create quota'],
    ['create priorityclass pc --value=1000', 'create priorityclass'],
    ['create pdb p --selector=app=x --min-available=1', 'create poddisruptionbudget'],
    ['apply view-last-applied cm/x', 'apply view-last-applied'],
    ['apply set-last-applied -f x.yaml', 'apply set-last-applied'],
    ['apply edit-last-applied cm/x --validate', 'apply edit-last-applied'],
    ['cluster-info dump --output-directory=x', 'cluster-info dump'],
    ['alpha', 'alpha'],
  ] as const) {
    const stderr = `error: "${name}" is not here; kubectl has it:\n  kubectl ${line}\n`;
    assert.deepEqual(await told(line), { code: 2, stdout: '', stderr });
  }
});

test('a kind that nobody creates by words gets the nearest that is, or all there are', async () => {
  for (const [line, expected] of [
    ['create depoyment x --image=y', /^error: "create" has no "depoyment" \(did you mean "create deployment"\?\)\n/],
    ['create config x', /\(did you mean "create configmap"\?\)/],
    ['create nosuch', /"create" has no "nosuch"; there is: create namespace, .*create token\n/],
    ['create secret generc x', /"create secret" has no "generc" \(did you mean "create secret generic"\?\)/],
    ['create svc nodport x', /\(did you mean "create svc nodeport"\?\)/],
    ['create --dry-run=client deployment x', /the kind comes before the flags: create deployment/],
  ] as const) {
    const { code, stderr } = await told(line);
    assert.equal(code, 2, line);
    assert.match(stderr, expected);
  }
});
