/** A real kube-apiserver with Fairlead's node under it: real Kubernetes in front, pods behind. No controllers run. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubeObject } from '../../src/api/object.ts';
import type { Pod, PodSpec } from '../../src/api/types/core-v1.ts';
import { ensureCertificates } from '../../src/apiserver/pki/ensure-certificates.ts';
import type { ClusterClient, Informer } from '../../src/client/cluster-client.ts';
import { openClusterClient } from '../../src/client/cluster-client-http.ts';
import { openInformer } from '../../src/client/informer.ts';
import { startNode } from '../../src/node/start.ts';
import type { RealCluster } from './real-cluster.ts';
import { startRealCluster } from './real-cluster.ts';

export interface RealClusterWithNode extends AsyncDisposable {
  cluster: RealCluster;
  client: ClusterClient;
  /** Of the namespace `default`. */
  pods: Informer<Pod>;
  /** Creates a pod on the node and resolves when it is Ready. */
  runPod(name: string, spec: PodSpec): Promise<void>;
  /** Resolves when the pod is as wanted. */
  until(name: string, isWanted: (pod: Pod | undefined) => boolean): Promise<void>;
}

const nodeName = 'real';
const namespace = 'default';

/** `images` as `--image` of `fairlead up`: a name and the command line that it stands for. */
export async function startRealClusterWithNode(images: ReadonlyMap<string, string>): Promise<RealClusterWithNode> {
  await using stack = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-node-'));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  const file = (name: string) => join(directory, name);
  const pki = await ensureCertificates(undefined);
  await writeFile(file('ca.crt'), pki.ca);
  await writeFile(file('client.crt'), pki.kubeletClient.cert);
  await writeFile(file('client.key'), pki.kubeletClient.key, { mode: 0o600 });
  const cluster = stack.use(
    await startRealCluster([
      `--kubelet-certificate-authority=${file('ca.crt')}`,
      `--kubelet-client-certificate=${file('client.crt')}`,
      `--kubelet-client-key=${file('client.key')}`,
      '--kubelet-preferred-address-types=InternalIP',
    ]),
  );
  const { apiUrl, caPem, token } = cluster;
  const client = stack.use(openClusterClient({ server: apiUrl, token, tls: { ca: caPem }, namespace }));
  const stopped = new AbortController();
  const { serving } = await pki.node(nodeName, ['127.0.0.1']);
  stack.use(
    await startNode({
      client,
      name: nodeName,
      dataDir: directory,
      pki: { ca: pki.ca, ...serving },
      images,
      apiServerUrl: apiUrl,
      podCIDR: '127.99.0.0/24',
      signal: stopped.signal,
    }),
  );
  stack.defer(() => stopped.abort());

  // What controllers would make.
  const make = (kind: string, plural: string, name: string, more: object) =>
    client
      .resource<KubeObject>('v1', plural)
      .create({ apiVersion: 'v1', kind, metadata: { name, namespace }, ...more } as KubeObject);
  await make('ServiceAccount', 'serviceaccounts', 'default', {});
  await make('ConfigMap', 'configmaps', 'kube-root-ca.crt', { data: { 'ca.crt': caPem } });
  const resource = client.resource<Pod>('v1', 'pods');
  const pods = openInformer<Pod>({ resource, query: { namespace }, signal: stopped.signal });
  await pods.synced;
  const until = (name: string, isWanted: (pod: Pod | undefined) => boolean) =>
    new Promise<void>((resolve) => {
      const look = () => isWanted(pods.get(`${namespace}/${name}`)) && resolve();
      pods.onChange(look);
      look();
    });
  const owned = stack.move();
  return {
    cluster,
    client,
    pods,
    until,
    async runPod(name, spec) {
      const metadata = { name, namespace };
      await resource.create({ apiVersion: 'v1', kind: 'Pod', metadata, spec: { nodeName, ...spec } });
      await until(name, (pod) => pod?.status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True');
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
