/** The composition root of the embedded cluster: one process, parts that know each other only through the Kubernetes API. */
import { join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { ensureCertificates } from './apiserver/pki/ensure-certificates.ts';
import type { Storage } from './apiserver/storage/storage.ts';
import type { ClusterClient } from './client/cluster-client.ts';
import { claimLoopbackRange } from './cluster/loopback-range.ts';
import { openUpstreamPool } from './net/http1/pool.ts';

export interface ClusterOptions {
  name: string;
  /** Exists and is this cluster's alone. */
  directory: string;
  /** Memory keeps nothing, keys and certificates neither; only pods have files in `directory` while they run. */
  storage: 'memory' | 'sqlite';
  /** 0: any free port. */
  apiPort: number;
  /** Absent: none. */
  gateway?: GatewayChoice;
  nodes: number;
  /** Image name to the command line that stands for it. */
  images: ReadonlyMap<string, string>;
  tokenFile?: string;
  /** Every service account gets a Secret with a token, as before Kubernetes 1.24. */
  accountTokens?: boolean;
  /** Lines for the log: defects, and what a person must know. */
  log(line: string): void;
}

export interface GatewayChoice {
  /** 0: any free port. */
  port: number;
  /** The cluster's context in the user's kubeconfig: commands that the page shows name it, lest they reach another cluster. */
  context?: string;
}

export interface ClusterCredentials {
  caPem: string;
  /** Client certificate of an administrator (group system:masters). */
  certPem: string;
  keyPem: string;
}

export interface Cluster extends AsyncDisposable {
  apiUrl: string;
  /** Path of a unix socket that leads to the same server, for this user alone and with the administrator's rights; absent where its directory cannot have one. */
  localSocket: string | undefined;
  /** Undefined without a gateway. */
  gatewayUrl: string | undefined;
  admin: ClusterCredentials;
  /** With the administrator's rights. */
  client: ClusterClient;
  /** The modes it runs in and their limits, a sentence each. */
  modes: readonly string[];
  /** From the start of this process to the first good answer of /readyz. */
  readyMilliseconds: number;
  /** Settles when every node is Ready. */
  nodesReady: Promise<void>;
}

export type ClusterWithGateway = Cluster & { gatewayUrl: string };

/**
 * Resolves when the API server and the gateway (if any) answer; controllers and nodes start meanwhile. Throws one sentence for what the user can mend.
 * What was started is stopped again when a later part fails.
 */
export function startCluster(options: ClusterOptions & { gateway: GatewayChoice }): Promise<ClusterWithGateway>;
export function startCluster(options: ClusterOptions): Promise<Cluster>;
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  await using parts = new AsyncDisposableStack();
  const stopping = new AbortController();
  const { signal } = stopping;
  const range = options.nodes === 0 ? undefined : parts.use(await claimLoopbackRange(options.directory));
  const pool = parts.use(openUpstreamPool());
  // Beside each other: the store's thread starts while the API server's modules load.
  const starting = [
    openStorage(options).then((storage) => parts.use(storage)),
    ensureCertificates(options.storage === 'memory' ? undefined : join(options.directory, 'pki'), { signal }),
    import('./cluster/open-server.ts'),
  ] as const;
  await Promise.allSettled(starting);
  const [storage, pki, { openClusterServer }] = await Promise.all(starting);
  const localSocket = localSocketIn(options.directory);
  const server = parts.use(await openClusterServer(options, { pki, storage, pool, range, localSocket, signal }));
  pki.onRenewal(() => server.renewTls({ ...pki.serving, clientCa: pki.ca }));
  const readyMilliseconds = Math.round(performance.now());

  const apiUrl = `https://127.0.0.1:${server.port}`;
  // Loaded only now: their modules would keep /readyz waiting.
  const { startParts } = await import('./cluster/start-parts.ts');
  const started = parts.use(await startParts({ options, pki, apiUrl, pool, range, signal }));
  const running = parts.move();
  return {
    apiUrl,
    localSocket: server.localSocket,
    gatewayUrl: started.gatewayUrl,
    admin: { caPem: pki.ca, certPem: pki.admin.cert, keyPem: pki.admin.key },
    client: started.client,
    modes: options.nodes === 0 ? [] : podModes,
    readyMilliseconds,
    nodesReady: started.nodesReady,
    async [Symbol.asyncDispose]() {
      // Last first: nodes and controllers still say goodbye to the API server.
      await running.disposeAsync();
      stopping.abort();
    },
  };
}

const podModes = [
  'Pods are processes of this machine with your rights: no security boundary.',
  'Network mode loopback: a pod listens on its own 127.x.y.z (POD_IP), ports from 1024 unless you are root;',
  'service addresses answer through the gateway and the API server only.',
];

/** Systems have room for so many bytes in the address of a unix socket, and for fewer where it is bound under another name first. */
const longestSocketPath = 90;

function localSocketIn(directory: string): string | undefined {
  const path = resolve(directory, 'api.sock');
  return Buffer.byteLength(path) <= longestSocketPath ? path : undefined;
}

async function openStorage({ storage, directory }: ClusterOptions): Promise<Storage> {
  if (storage === 'memory') return (await import('./apiserver/storage/memory.ts')).openMemoryStorage();
  const { openSqliteStorage } = await import('./apiserver/storage/sqlite.ts');
  return openSqliteStorage({ file: join(directory, 'state.db') });
}
