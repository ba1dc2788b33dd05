/**
 * `fairlead/testing`: Kubernetes clusters for tests, each of its own, in the process of the tests.
 *
 *     await using cluster = await startCluster();
 *     const pods = await cluster.client.resource('v1', 'Pod').list().toArray();
 */
// Loaded with this module and not by the first call, which is what tests wait for and measure.
import './apiserver/storage/memory.ts';
import './cluster/open-server.ts';
import './cluster/start-parts.ts';
import type { ClientConfig } from './client/client-config.ts';
import type { Cluster } from './client/connect.ts';
import { openCluster } from './client/open-cluster.ts';
import { maxNodes } from './cluster/loopback-range.ts';
import { startCluster as startEmbedded } from './cluster.ts';
import { writePrivateFile } from './lib/write-private-file.ts';
import { ensureDefaultAccount } from './testing/default-account.ts';
import { kubeconfigText } from './testing/kubeconfig-text.ts';
import { openScratchDirectory } from './testing/scratch-directory.ts';

export interface TestClusterOptions {
  /** Default 1. 0: the control plane alone, where pods stay Pending, or are what the test says of them. */
  nodes?: number;
  /** Image name to the command of this machine that stands for it: `{ 'nginx': '/usr/sbin/nginx -g "daemon off;"' }`. */
  images?: Readonly<Record<string, string>>;
  /** `true`: the gateway too, on a free port, with every service at `http://SERVICE.NAMESPACE.localhost:PORT/`. */
  gateway?: boolean;
  /** Keeps the cluster's state in this directory (made if it is missing) for a later `startCluster`; default: in memory, and gone at the end. */
  dataDir?: string | undefined;
  /** Name of cluster and context in its kubeconfig, not empty; default `fairlead-testing`. */
  name?: string;
  /** Told what would be in the cluster's log; default: nobody. */
  log?(line: string): void;
}

export interface TestCluster extends AsyncDisposable {
  /** `https://127.0.0.1:PORT` */
  readonly apiUrl: string;
  /** The text of a kubeconfig with the administrator's certificate. */
  readonly kubeconfig: string;
  /** Writes that text, readable by its owner alone, for KUBECONFIG or `--kubeconfig`; a file that is there is replaced. */
  writeKubeconfig(path: string): Promise<void>;
  /** The same as data, for `connect` of `fairlead/client`. */
  readonly config: ClientConfig;
  /** What `connect` of `fairlead/client` gives, with the administrator's rights; closed with the cluster. */
  readonly client: Cluster;
  /** Settles when every node is Ready; pods may be made before. */
  readonly nodesReady: Promise<void>;
  /** `http://localhost:PORT/`; undefined unless a gateway was asked for. */
  readonly gatewayUrl: string | undefined;
}

/**
 * Starts a cluster in this process, on ports and loopback addresses that nothing else has: any number may run side by side.
 * Resolves when the API server answers and pods may be made in the namespace `default`. Dispose it (`await using`, or
 * `cluster[Symbol.asyncDispose]()`): that ends all its processes and leaves no file, timer or socket. Throws RangeError
 * for a value that cannot be, TypeError for an option that is none, and one sentence for what the user can mend.
 */
export async function startCluster(options: TestClusterOptions = {}): Promise<TestCluster> {
  const {
    nodes = 1,
    images = {},
    gateway = false,
    dataDir,
    name = 'fairlead-testing',
    log = () => {},
    ...others
  } = options;
  for (const option of Object.keys(others)) throw new TypeError(`startCluster has no option ${JSON.stringify(option)}`);
  if (name === '') throw new RangeError('name is empty: contexts of a kubeconfig need a name');
  if (!Number.isInteger(nodes) || nodes < 0 || nodes > maxNodes) {
    throw new RangeError(`nodes is ${nodes}: a whole number from 0 to ${maxNodes} is needed`);
  }
  await using parts = new AsyncDisposableStack();
  const cluster = parts.use(
    await startEmbedded({
      name,
      directory: dataDir ?? parts.use(await openScratchDirectory()).path,
      storage: dataDir === undefined ? 'memory' : 'sqlite',
      apiPort: 0,
      ...(gateway ? { gateway: { port: 0 } } : {}),
      nodes,
      images: new Map(Object.entries(images)),
      log,
    }),
  );
  const { apiUrl, localSocket, nodesReady, gatewayUrl, admin } = cluster;
  await ensureDefaultAccount(cluster.client);
  const config: ClientConfig = {
    server: apiUrl,
    namespace: 'default',
    tls: { ca: admin.caPem, cert: admin.certPem, key: admin.keyPem },
  };
  const kubeconfig = kubeconfigText({ name, server: apiUrl, localSocket, ...admin });
  const client = parts.use(openCluster(config));
  const running = parts.move();
  return {
    apiUrl,
    kubeconfig,
    writeKubeconfig: (path) => writePrivateFile(path, kubeconfig),
    config,
    client,
    nodesReady,
    gatewayUrl,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
