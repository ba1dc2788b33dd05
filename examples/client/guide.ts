/** The pieces of code that docs/client.md shows, so that they are checked like any other code. */
import type { ClientConfig, Cluster, UnstructuredObject } from 'fairlead/client';
import { ConnectionError, connect, isReason, loadKubeconfig, StatusError } from 'fairlead/client';

export async function connecting(): Promise<void> {
  await using cluster = await connect(); // KUBECONFIG, ~/.kube/config, or the pod's service account
  await using other = await connect({ context: 'production', namespace: 'shop' });

  const config = await loadKubeconfig({ path: './kubeconfig' });
  await using third = await connect({ config: { ...config, requestTimeoutMs: 10_000 } });
  console.log(cluster.server, other.namespace, third.server);
}

export async function severalServers(config: ClientConfig): Promise<void> {
  const servers = ['https://10.0.0.2:6443', 'https://10.0.0.3:6443'];
  await using spread = await connect({ config: { ...config, servers } });
  for (const { url, state, inFlight, lastError } of spread.servers.list()) console.log(url, state, inFlight, lastError);
  spread.servers.subscribe(({ url, state }) => console.log(`${url} is ${state} now`));
}

export async function objects(cluster: Cluster): Promise<void> {
  const deployments = cluster.resource('apps/v1', 'Deployment'); // Resource<Deployment>

  const web = await deployments.get('web', { namespace: 'shop' });
  await deployments.update({ ...web, metadata: { ...web.metadata, labels: { tier: 'front' } } });
  await deployments.patch('web', { spec: { replicas: 3 } }, { namespace: 'shop' });
  await deployments.delete('web', { namespace: 'shop', propagationPolicy: 'Foreground' });
}

interface Widget extends UnstructuredObject {
  spec: { size: number };
}

export async function customKinds(cluster: Cluster): Promise<void> {
  const widgets = cluster.resource<Widget>('example.com/v1', 'Widget');
  const { spec } = await widgets.get('first');
  console.log(spec.size);
}

interface Ledger extends UnstructuredObject {
  spec: { lastId: number | bigint };
}

export async function wideIntegers(): Promise<void> {
  await using exact = await connect({ exactIntegers: true });
  const ledgers = exact.resource<Ledger>('example.com/v1', 'Ledger');
  const ledger = await ledgers.get('main');
  ledger.spec.lastId = BigInt(ledger.spec.lastId) + 1n;
  await ledgers.update(ledger);
}

export async function lists(cluster: Cluster): Promise<void> {
  const pods = cluster.resource('v1', 'Pod');
  for await (const pod of pods.list({ labelSelector: 'app=web', pageSize: 100 })) {
    console.log(pod.metadata.name, pod.status?.phase);
  }
  const all = await pods.list({ namespace: 'shop' }).toArray();
  const first = await pods.list({ pageSize: 10 }).page();
  console.log(all.length, first.metadata.remainingItemCount);
}

export async function watches(cluster: Cluster, signal: AbortSignal): Promise<void> {
  const pods = cluster.resource('v1', 'Pod');
  for await (const { type, object } of pods.watch({ namespace: 'shop', signal })) {
    console.log(type, object.metadata.name);
    if (object.status?.phase === 'Succeeded') break;
  }
}

export async function applying(cluster: Cluster): Promise<void> {
  const maps = cluster.resource('v1', 'ConfigMap');
  await maps.apply(
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'colours' }, data: { sky: 'blue' } },
    { fieldManager: 'painter', force: true },
  );
  const warnings: string[] = [];
  await maps.patch(
    'colours',
    { data: { grass: 'green' } },
    { dryRun: true, fieldValidation: 'Strict', onWarning: (text) => warnings.push(text) },
  );
}

export async function subresources(cluster: Cluster): Promise<void> {
  const deployments = cluster.resource('apps/v1', 'Deployment');
  await deployments.subresource('web', 'scale').patch({ spec: { replicas: 5 } });

  const accounts = cluster.resource('v1', 'ServiceAccount');
  const request = await accounts.subresource('builder', 'token').create({
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    metadata: {},
    spec: { audiences: [], expirationSeconds: 3600 },
  });
  console.log(request.status?.expirationTimestamp);
}

export async function intoPods(cluster: Cluster, signal: AbortSignal): Promise<void> {
  const pod = cluster.pod('shop', 'web-0');
  for await (const line of pod.logs({ follow: true, tailLines: 10, signal })) console.log(line);

  const session = await pod.exec(['sh', '-c', 'cat > /tmp/in'], { stdin: true, signal });
  session.stdin.end('hello');
  session.stdout.resume();
  session.stderr.resume();
  console.log(await session.exitCode);
}

export async function terminal(cluster: Cluster, signal: AbortSignal): Promise<void> {
  const pod = cluster.pod('shop', 'web-0');
  const shell = await pod.exec('sh', { stdin: true, tty: true, signal });
  const tell = () => shell.resize({ columns: process.stdout.columns, rows: process.stdout.rows });
  tell();
  process.stdout.on('resize', tell);
  process.stdin.setRawMode(true).pipe(shell.stdin);
  shell.stdout.pipe(process.stdout);
  console.log(await shell.exitCode);
}

export async function services(cluster: Cluster): Promise<void> {
  const answer = await cluster.service('shop', 'web:http').fetch('/health');
  if (answer.ok) console.log(await answer.text());
}

export async function informers(cluster: Cluster, signal: AbortSignal): Promise<void> {
  const pods = cluster.resource('v1', 'Pod').informer({
    indexes: { node: ({ spec }) => [spec?.nodeName ?? ''] },
    transform: (pod) => ({ ...pod, metadata: { ...pod.metadata, managedFields: [] } }),
    signal,
  });
  await pods.synced;
  console.log(pods.get('shop/web-0'), pods.byIndex('node', 'worker-1').length);
  const end = pods.onChange((next, previous) =>
    console.log(next?.metadata.name ?? `${previous?.metadata.name} is gone`),
  );
  end();
}

export async function failures(signal: AbortSignal): Promise<void> {
  await using told = await connect({ onError: (error, { kind }) => console.error(`${kind}: ${error}`) });
  const secrets = told.resource('v1', 'Secret').informer({ signal });
  await secrets.synced;
}

export async function errors(cluster: Cluster): Promise<void> {
  try {
    await cluster.resource('v1', 'Secret').get('key');
  } catch (error) {
    if (isReason(error, 'NotFound')) console.log('there is none');
    else if (error instanceof StatusError) console.log(error.code, error.reason, error.status.details);
    else if (error instanceof ConnectionError) console.log(error.message, error.sent);
    else throw error;
  }
}
