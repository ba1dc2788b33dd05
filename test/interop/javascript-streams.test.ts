/** Kubernetes' own JavaScript client into pods: commands, attach, ports, files; on the embedded cluster and through kube-apiserver. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { type TestContext, test } from 'node:test';
import {
  Attach,
  CoreV1Api,
  Cp,
  Exec,
  KubeConfig,
  PortForward,
  type V1PodSpec,
  type V1Status,
  Watch,
} from '@kubernetes/client-node';
import { Home, RunningFairlead } from '../fairlead-process.ts';
import { peerPath } from '../peers/build.ts';
import { startRealClusterWithNode } from '../real-cluster/start.ts';

const namespace = 'default';
const isBuilt = existsSync(peerPath('kube-apiserver')) && existsSync(peerPath('etcd'));
const skipReal = isBuilt || process.env.CI === 'true' ? false : 'kube-apiserver is not built: run npm run test:interop';

test("the JavaScript client's streams into pods of the embedded cluster", { timeout: 120_000 }, async (t) => {
  await using home = await Home.make();
  await using _cluster = await RunningFairlead.up(home, '--data=:memory:', '--image', 'shell=/bin/sh');
  await streamsHold(t, home.kubeconfig);
});

test('the same streams through kube-apiserver to our node', { skip: skipReal, timeout: 120_000 }, async (t) => {
  await using real = await startRealClusterWithNode({ images: { shell: '/bin/sh' } });
  await streamsHold(t, real.kubeconfig);
});

async function streamsHold(t: TestContext, kubeconfig: string): Promise<void> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  await runPod(config, 'shell', { containers: [{ name: 'main', image: 'shell', args: ['-c', 'exec sleep 600'] }] });
  await runPod(config, 'echo', { containers: [{ name: 'main', image: 'fairlead.local/echo' }] });

  await t.test('a command takes much input and gives it back, with its exit code', async () => {
    const sent = randomBytes(3_000_000);
    const { out, err, status } = await run(config, ['/bin/sh', '-c', 'cat; echo problem >&2; exit 9'], sent);
    assert.ok(out.equals(sent), `${out.length} of ${sent.length} bytes came back`);
    assert.equal(err, 'problem\n');
    assert.deepEqual(status.details?.causes, [{ reason: 'ExitCode', message: '9' }]);
  });

  await t.test('a program that is not there is a failure with its reason', async () => {
    const { status } = await run(config, ['/no/such/program']);
    assert.equal(status.status, 'Failure');
    assert.match(status.message ?? '', /no such file/);
  });

  await t.test('attach talks to the main program of a container', async () => {
    const args = ['-c', 'while read line; do echo "got $line"; done'];
    await runPod(config, 'attached', { containers: [{ name: 'main', image: 'shell', args, stdin: true }] });
    const [stdout, stdin] = [new PassThrough(), new PassThrough()];
    const socket = await new Attach(config).attach(namespace, 'attached', 'main', stdout, null, stdin, false);
    stdin.write('hello\n');
    const [heard] = await once(stdout, 'data');
    assert.equal(String(heard), 'got hello\n');
    const closed = once(socket, 'close');
    socket.close();
    await closed;
  });

  await t.test('a port is forwarded: much data, there and back', async () => {
    const [output, input] = [new PassThrough(), new PassThrough()];
    const socket = await new PortForward(config).portForward(namespace, 'echo', [8080], output, null, input);
    assert.ok('readyState' in socket);
    const sent = Buffer.concat([Buffer.from('begin '), randomBytes(2_000_000)]);
    socket.on('close', () => output.end());
    input.write(sent);
    const received: Buffer[] = [];
    let size = 0;
    for await (const chunk of output) {
      received.push(chunk);
      size += chunk.length;
      if (size >= sent.length) break;
    }
    assert.equal(size, sent.length);
    assert.ok(Buffer.concat(received).equals(sent));
    const closed = once(socket, 'close');
    socket.close();
    await closed;
  });

  await t.test('a port where nobody listens is told on the error stream', async () => {
    const [output, errors, input] = [new PassThrough(), new PassThrough(), new PassThrough()];
    const told = text(errors);
    const socket = await new PortForward(config).portForward(namespace, 'echo', [9], output, errors, input);
    assert.ok('readyState' in socket);
    await once(socket, 'close');
    errors.end();
    assert.match(await told, /:9 inside the pod: .*: connection refused/);
  });

  await t.test('files are copied into a pod and out of it', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'fairlead-cp-'));
    try {
      for (const name of ['from', 'pod', 'to']) await mkdir(join(directory, name));
      const content = randomBytes(1_000_000);
      await writeFile(join(directory, 'from', 'file'), content);
      const inward = new AwaitedExec(config);
      await new Cp(config, inward).cpToPod(namespace, 'shell', 'main', join(directory, 'from'), join(directory, 'pod'));
      await inward.ended;
      // pods are processes of this machine: the same file, seen from outside
      assert.ok((await readFile(join(directory, 'pod', 'file'))).equals(content));
      const outward = new AwaitedExec(config);
      const [to, pod] = [join(directory, 'to'), join(directory, 'pod')];
      await new Cp(config, outward).cpFromPod(namespace, 'shell', 'main', 'file', to, pod);
      await outward.ended;
      assert.ok((await readFile(join(to, 'file'))).equals(content));
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
}

/** Cp starts a command and tells nobody when it is over. */
class AwaitedExec extends Exec {
  readonly #ended = Promise.withResolvers<void>();
  readonly ended = this.#ended.promise;

  override async exec(...args: Parameters<Exec['exec']>): ReturnType<Exec['exec']> {
    const [, , , , stdout] = args;
    const socket = await super.exec(...args);
    socket.on('close', () => {
      if (stdout === null) return this.#ended.resolve();
      // where the end of a channel can be told, the client has ended it already
      stdout.end();
      finished(stdout, { readable: false }).then(this.#ended.resolve, this.#ended.reject);
    });
    return socket;
  }
}

async function run(
  config: KubeConfig,
  command: string[],
  input?: Buffer,
): Promise<{ out: Buffer; err: string; status: V1Status }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const outputs = Promise.all([buffer(stdout), text(stderr)]);
  const status = Promise.withResolvers<V1Status>();
  const stdin = input === undefined ? null : Readable.from([input]);
  const exec = new Exec(config);
  const socket = await exec.exec(namespace, 'shell', 'main', command, stdout, stderr, stdin, false, status.resolve);
  await once(socket, 'close');
  stdout.end();
  stderr.end();
  const [out, err] = await outputs;
  return { out, err, status: await status.promise };
}

/** Makes a pod and resolves when it is ready. */
async function runPod(config: KubeConfig, name: string, spec: V1PodSpec): Promise<void> {
  const body = { metadata: { name }, spec: { terminationGracePeriodSeconds: 0, ...spec } };
  await config.makeApiClient(CoreV1Api).createNamespacedPod({ namespace, body });
  const ready = Promise.withResolvers<void>();
  const controller = await new Watch(config).watch(
    `/api/v1/namespaces/${namespace}/pods`,
    { fieldSelector: `metadata.name=${name}`, timeoutSeconds: 30 },
    (_type, { status }: { status?: { conditions?: { type: string; status: string }[] } }) => {
      if (status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') === true) ready.resolve();
    },
    (error: unknown) => ready.reject(new Error(`the pod ${name} is not ready`, { cause: error })),
  );
  await ready.promise;
  controller.abort();
}
