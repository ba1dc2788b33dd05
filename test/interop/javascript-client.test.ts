/** Kubernetes' own JavaScript client on the embedded cluster with a node: objects, informers, watches, logs, exec. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import {
  ApiException,
  AppsV1Api,
  CoreV1Api,
  Exec,
  KubeConfig,
  Log,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  type V1ConfigMap,
  type V1Status,
  Watch,
} from '@kubernetes/client-node';
import { Home, RunningFairlead } from '../fairlead-process.ts';

const namespace = 'default';
let home: Home;
let cluster: RunningFairlead;
let config: KubeConfig;
let core: CoreV1Api;

before(async () => {
  home = await Home.make();
  cluster = await RunningFairlead.up(home, '--data=:memory:', '--image', 'shell=/bin/sh');
  config = new KubeConfig();
  config.loadFromFile(home.kubeconfig);
  core = config.makeApiClient(CoreV1Api);
});

after(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await home?.[Symbol.asyncDispose]();
});

function configMap(name: string): V1ConfigMap {
  return { metadata: { name, labels: { suite: 'javascript' } }, data: { key: 'value' } };
}

async function codeOf(failing: Promise<unknown>): Promise<number> {
  try {
    await failing;
  } catch (error) {
    if (error instanceof ApiException) return error.code;
    throw error;
  }
  return 200;
}

test('objects are made, read, changed, patched, listed and deleted', async () => {
  const made = await core.createNamespacedConfigMap({ namespace, body: configMap('life') });
  assert.ok(made.metadata?.creationTimestamp instanceof Date);
  assert.equal(await codeOf(core.createNamespacedConfigMap({ namespace, body: configMap('life') })), 409);
  const replaced = await core.replaceNamespacedConfigMap({
    namespace,
    name: 'life',
    body: { ...made, data: { key: 'other' } },
  });
  assert.deepEqual(replaced.data, { key: 'other' });
  assert.equal(await codeOf(core.replaceNamespacedConfigMap({ namespace, name: 'life', body: made })), 409);
  const patched = await core.patchNamespacedConfigMap(
    { namespace, name: 'life', body: { data: { key: null, patched: 'yes' } } },
    setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
  );
  assert.deepEqual(patched.data, { patched: 'yes' });
  const list = await core.listNamespacedConfigMap({ namespace, labelSelector: 'suite=javascript' });
  assert.deepEqual(
    list.items.map(({ metadata }) => metadata?.name),
    ['life'],
  );
  await core.deleteNamespacedConfigMap({ namespace, name: 'life' });
  assert.equal(await codeOf(core.readNamespacedConfigMap({ namespace, name: 'life' })), 404);
});

test('an informer follows additions, changes and deletions', async () => {
  await core.createNamespacedConfigMap({ namespace, body: configMap('informed-before') });
  const path = `/api/v1/namespaces/${namespace}/configmaps`;
  const informer = makeInformer(config, path, () => core.listNamespacedConfigMap({ namespace }));
  const told = new PassThrough({ objectMode: true });
  for (const verb of ['add', 'update', 'delete'] as const) {
    informer.on(verb, ({ metadata }) => void told.write(`${verb} ${metadata?.name}`));
  }
  informer.on(
    'error',
    (error: unknown) => void told.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  await informer.start();
  const made = await core.createNamespacedConfigMap({ namespace, body: configMap('informed') });
  await core.replaceNamespacedConfigMap({ namespace, name: 'informed', body: { ...made, data: { key: '2' } } });
  await core.deleteNamespacedConfigMap({ namespace, name: 'informed' });
  const seen: string[] = [];
  for await (const line of told) {
    if (/informed/.test(line)) seen.push(line);
    if (line === 'delete informed') break;
  }
  await informer.stop();
  assert.deepEqual(seen, ['add informed-before', 'add informed', 'update informed', 'delete informed']);
  assert.equal(informer.get('informed', namespace), undefined);
  assert.notEqual(informer.get('informed-before', namespace), undefined);
});

test('a watch resumes after a version and ends when its time is over', async () => {
  const first = await core.createNamespacedConfigMap({ namespace, body: configMap('watched') });
  await core.deleteNamespacedConfigMap({ namespace, name: 'watched' });
  const events: string[] = [];
  const ended = new Promise<unknown>((settle, fail) => {
    new Watch(config)
      .watch(
        `/api/v1/namespaces/${namespace}/configmaps`,
        { resourceVersion: first.metadata?.resourceVersion, fieldSelector: 'metadata.name=watched', timeoutSeconds: 1 },
        (type, object) => events.push(`${type} ${object.metadata.name}`),
        settle,
      )
      .catch(fail);
  });
  await ended;
  assert.deepEqual(events, ['DELETED watched']);
});

test('a Deployment of echo pods: scale, logs and exec without a terminal', async () => {
  const apps = config.makeApiClient(AppsV1Api);
  const labels = { app: 'shell' };
  const command = ['-c', 'echo one; echo two; sleep 600'];
  await apps.createNamespacedDeployment({
    namespace,
    body: {
      metadata: { name: 'shell' },
      spec: {
        replicas: 0,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'main', image: 'shell', args: command }] },
        },
      },
    },
  });
  const scale = await apps.patchNamespacedDeploymentScale(
    { namespace, name: 'shell', body: { spec: { replicas: 1 } } },
    setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
  );
  assert.deepEqual([scale.spec?.replicas, scale.status?.selector], [1, 'app=shell']);
  const pod = await runningPod('app=shell');

  const log = new PassThrough();
  let logged = '';
  log.setEncoding('utf8').on('data', (some: string) => {
    logged += some;
  });
  const logEnded = once(log, 'end');
  await new Log(config).log(namespace, pod, 'main', log, { follow: true });
  // That it runs says not that it has spoken.
  while (!logged.includes('two')) await once(log, 'data');
  assert.equal(await core.readNamespacedPodLog({ namespace, name: pod, tailLines: 1 }), 'two\n');

  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const status = new Promise<V1Status>((settle, fail) => {
    new Exec(config)
      .exec(
        namespace,
        pod,
        'main',
        ['/bin/sh', '-c', 'read line; echo "out $line"; echo err >&2; exit 3'],
        stdout,
        stderr,
        Readable.from(['hello\n']),
        false,
        settle,
      )
      .then(async (socket) => {
        await once(socket, 'close');
        stdout.end();
        stderr.end();
      })
      .catch(fail);
  });
  const [out, err, ended] = await Promise.all([text(stdout), text(stderr), status]);
  assert.deepEqual([out, err], ['out hello\n', 'err\n']);
  assert.deepEqual([ended.status, ended.reason], ['Failure', 'NonZeroExitCode']);
  assert.deepEqual(ended.details?.causes, [{ reason: 'ExitCode', message: '3' }]);

  // What follows a log is let go when the container ends.
  await apps.deleteNamespacedDeployment({ namespace, name: 'shell' });
  await logEnded;
  assert.equal(logged, 'one\ntwo\n');
});

/** Waits by a watch until a pod of the selection runs; returns its name. */
async function runningPod(labelSelector: string): Promise<string> {
  const watch = new Watch(config);
  let stop = (): void => {};
  const name = await new Promise<string>((settle, fail) => {
    watch
      .watch(
        `/api/v1/namespaces/${namespace}/pods`,
        { labelSelector, timeoutSeconds: 30 },
        (_type, { metadata, status }) => {
          if (status?.phase === 'Running') settle(metadata.name);
        },
        (error: unknown) => fail(new Error(`no pod of ${labelSelector} runs`, { cause: error })),
      )
      .then((controller) => {
        stop = () => controller.abort();
      }, fail);
  });
  stop();
  return name;
}
