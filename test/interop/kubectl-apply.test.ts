/** Server-side apply by the real kubectl: the same on the embedded cluster and on kube-apiserver. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ManagedFieldsEntry } from '../../src/api/object.ts';
import { type Finished, Home, RunningFairlead } from '../fairlead-process.ts';
import { peerPath } from '../peers/build.ts';
import { startRealCluster } from '../peers/real-cluster.ts';

const kubectlPath = peerPath('kubectl');
const skipKubectl = existsSync(kubectlPath) ? false : 'kubectl is not built: run npm run test:interop';
const skipReal = existsSync(peerPath('kube-apiserver'))
  ? skipKubectl
  : 'kube-apiserver is not built: run npm run test:interop';

function settings(colour: string, more = ''): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  colour: ${colour}\n${more}`;
}

const web = (replicas: number, env: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: main
        image: fairlead.local/echo
        ports: [{containerPort: 8080}, {containerPort: 8080, protocol: UDP}]
        env: [${env}]
`;

class Kubectl {
  readonly #home: Home;
  readonly #kubeconfig: string;

  constructor(home: Home, kubeconfig: string) {
    this.#home = home;
    this.#kubeconfig = kubeconfig;
  }

  run(input: string, ...args: string[]): Promise<Finished> {
    return this.#home.run(kubectlPath, ['--kubeconfig', this.#kubeconfig, ...args], input);
  }

  async ok(input: string, ...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(input, ...args);
    assert.equal(code, 0, `kubectl ${args.join(' ')}: ${stderr}`);
    return stdout;
  }

  apply(manifest: string, ...args: string[]): Promise<string> {
    return this.ok(manifest, 'apply', '-f', '-', ...args);
  }

  /** `MANAGER OPERATION` of each owner. */
  async owners(...object: string[]): Promise<string[]> {
    const text = await this.ok('', 'get', ...object, '--show-managed-fields', '-o', 'json');
    const { metadata }: { metadata: { managedFields?: ManagedFieldsEntry[] } } = JSON.parse(text);
    return (metadata.managedFields ?? []).map(({ manager, operation }) => `${manager} ${operation}`).sort();
  }
}

async function journeys(t: TestContext, home: Home, kubectl: Kubectl): Promise<void> {
  await t.test('apply --server-side creates, changes, tells conflicts and takes over by force', async () => {
    assert.equal(await kubectl.apply(settings('red'), '--server-side'), 'configmap/settings serverside-applied\n');
    assert.equal(await kubectl.apply(settings('red'), '--server-side'), 'configmap/settings serverside-applied\n');
    assert.deepEqual(await kubectl.owners('configmap', 'settings'), ['kubectl Apply']);
    assert.doesNotMatch(await kubectl.ok('', 'get', 'configmap', 'settings', '-o', 'yaml'), /managedFields/);
    const refused = await kubectl.run(settings('blue'), 'apply', '-f', '-', '--server-side', '--field-manager=other');
    assert.equal(refused.code, 1);
    assert.match(
      refused.stderr,
      /^error: Apply failed with 1 conflict: conflict with "kubectl": \.data\.colour\nPlease review the fields above--they currently have other managers\./,
    );
    const forced = ['--server-side', '--field-manager=other', '--force-conflicts'];
    await kubectl.apply(settings('blue'), ...forced);
    assert.equal(await kubectl.ok('', 'get', 'configmap', 'settings', '-o', 'jsonpath={.data.colour}'), 'blue');
    assert.deepEqual(await kubectl.owners('configmap', 'settings'), ['other Apply']);
  });

  await t.test('what is applied no more goes', async () => {
    await kubectl.apply(settings('blue', '  size: large\n'), '--server-side', '--field-manager=other');
    await kubectl.apply(settings('blue'), '--server-side', '--field-manager=other');
    assert.equal(await kubectl.ok('', 'get', 'configmap', 'settings', '-o', 'jsonpath={.data}'), '{"colour":"blue"}');
  });

  await t.test('diff --server-side shows what an apply would change', async () => {
    assert.equal(await kubectl.ok(settings('blue'), 'diff', '--server-side', '--field-manager=other', '-f', '-'), '');
    const args = ['diff', '--server-side', '--field-manager=other', '-f', '-'];
    const { code, stdout, stderr } = await kubectl.run(settings('green'), ...args);
    assert.equal(code, 1, stderr);
    assert.match(stdout, /^- {2}colour: blue\n\+ {2}colour: green$/m);
  });

  await t.test('dry run, validation and unknown fields', async () => {
    const dry = await kubectl.apply(settings('dry').replace('settings', 'dry'), '--server-side', '--dry-run=server');
    assert.equal(dry, 'configmap/dry serverside-applied (server dry run)\n');
    assert.equal((await kubectl.run('', 'get', 'configmap', 'dry')).code, 1);
    const unknown = settings('x', 'colours: {}\n');
    const refused = await kubectl.run(unknown, 'apply', '-f', '-', '--server-side', '--validate=false');
    assert.equal(refused.code, 1);
    assert.match(
      refused.stderr,
      /failed to create typed patch object \(default\/settings; \/v1, Kind=ConfigMap\): \.colours: field not declared in schema/,
    );
  });

  await t.test('what was applied on the client side moves to the server side', async () => {
    await kubectl.apply(web(0, '{name: A, value: "1"}, {name: B, value: "1"}'));
    assert.deepEqual(await clientSideOwners(kubectl), ['kubectl-client-side-apply Update']);
    await kubectl.apply(web(0, '{name: A, value: "2"}'), '--server-side');
    assert.deepEqual(await clientSideOwners(kubectl), ['kubectl Apply', 'kubectl-last-applied Apply']);
    const env = await kubectl.ok('', 'get', 'deployment', 'web', '-o', 'jsonpath={..env}');
    assert.equal(env, '[{"name":"A","value":"2"}]', 'B went with the client side apply that set it');
    const annotation = await kubectl.ok('', 'apply', 'view-last-applied', 'deployment/web', '-o', 'json');
    assert.deepEqual(JSON.parse(annotation).spec.template.spec.containers[0].env, [{ name: 'A', value: '2' }]);
    // and back: a client-side apply of what the server side owns is an update like any other
    await kubectl.apply(web(0, '{name: A, value: "3"}'));
    assert.ok((await kubectl.owners('deployment', 'web')).includes('kubectl-client-side-apply Update'));
  });

  await t.test('a scale is owned by who scales', async () => {
    await kubectl.apply(web(0, '').replace('name: web', 'name: scaled'), '--server-side');
    await kubectl.ok('', 'scale', 'deployment/scaled', '--replicas=1');
    const again = web(0, '').replace('name: web', 'name: scaled');
    const refused = await kubectl.run(again, 'apply', '-f', '-', '--server-side');
    assert.match(refused.stderr, /conflict with "kubectl" with subresource "scale" using apps\/v1: \.spec\.replicas/);
    await kubectl.apply(again.replace('  replicas: 0\n', ''), '--server-side');
    assert.equal(await kubectl.ok('', 'get', 'deployment', 'scaled', '-o', 'jsonpath={.spec.replicas}'), '1');
  });

  await t.test('files of several objects, whole folders', async () => {
    const file = join(home.directory, `several.yaml`);
    await writeFile(
      file,
      `${settings('a').replace('settings', 'first')}---\n${settings('b').replace('settings', 'second')}`,
    );
    const printed = await kubectl.ok('', 'apply', '--server-side', '-f', file);
    assert.equal(printed, 'configmap/first serverside-applied\nconfigmap/second serverside-applied\n');
    await kubectl.ok('', 'delete', '-f', file);
  });
}

/** Owners of the Deployment but for its controller. */
async function clientSideOwners(kubectl: Kubectl): Promise<string[]> {
  return (await kubectl.owners('deployment', 'web')).filter((owner) => !owner.startsWith('fairlead-'));
}

test('kubectl applies on the embedded cluster', { skip: skipKubectl, timeout: 120_000 }, async (t) => {
  await using home = await Home.make();
  await using _cluster = await RunningFairlead.up(home, '--nodes=0', '--data=:memory:');
  await journeys(t, home, new Kubectl(home, home.kubeconfig));
});

test('the same on kube-apiserver', { skip: skipReal, timeout: 120_000 }, async (t) => {
  await using home = await Home.make();
  await using real = await startRealCluster();
  await journeys(t, home, new Kubectl(home, real.kubeconfig));
});
