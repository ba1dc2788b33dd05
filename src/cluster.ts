/** The composition root of the embedded cluster: one process, parts that know each other only through the Kubernetes API. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { bootstrapObjects, publishApiServer } from './apiserver/bootstrap/bootstrap.ts';
import { controlPlanePolicy } from './apiserver/bootstrap/policy.ts';
import { createConnector } from './apiserver/connect/connect.ts';
import { ensureCertificates, type Pki } from './apiserver/pki/ensure-certificates.ts';
import { resourceTable } from './apiserver/resources/table.ts';
import { type ApiServer, openApiServer } from './apiserver/server.ts';
import type { Storage } from './apiserver/storage/storage.ts';
import type { ClusterClient } from './client/cluster-client.ts';
import { claimLoopbackRange, type LoopbackRange } from './cluster/loopback-range.ts';
import { portError } from './cluster/port-error.ts';
import { openUpstreamPool } from './net/http1/pool.ts';
import type { UpstreamPool } from './net/http1/upstream.ts';

export interface ClusterOptions {
  name: string;
  /** Its context in the user's kubeconfig: commands that the page shows name it, lest they reach another cluster. */
  context?: string;
  /** Exists and is this cluster's alone. */
  directory: string;
  /** Memory keeps nothing but what `directory` holds while it runs. */
  storage: 'memory' | 'sqlite';
  /** 0: any free port. */
  apiPort: number;
  gatewayPort: number;
  nodes: number;
  /** Image name to the command line that stands for it. */
  images: ReadonlyMap<string, string>;
  tokenFile?: string;
  /** Lines for the log: defects, and what a person must know. */
  log(line: string): void;
}

export interface ClusterCredentials {
  caPem: string;
  /** Client certificate of an administrator (group system:masters). */
  certPem: string;
  keyPem: string;
}

export interface Cluster extends AsyncDisposable {
  apiUrl: string;
  gatewayUrl: string;
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

/**
 * Resolves when the API server and the gateway answer; controllers and nodes start meanwhile. Throws one sentence for what the user can mend.
 * What was started is stopped again when a later part fails.
 */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  await using parts = new AsyncDisposableStack();
  const stopping = new AbortController();
  const { signal } = stopping;
  const range = options.nodes === 0 ? undefined : parts.use(await claimLoopbackRange(options.directory));
  const pool = parts.use(openUpstreamPool());
  const [pki, storage] = await Promise.all([
    ensureCertificates(join(options.directory, 'pki'), { signal }),
    openStorage(options),
  ]);
  parts.use(storage);
  await bootstrapObjects(storage, { clientCa: pki.ca, now: new Date() });
  const server = parts.use(await openServer(options, { pki, storage, pool, range, signal }));
  pki.onRenewal(() => server.renewTls({ ...pki.serving, clientCa: pki.ca }));
  await publishApiServer(storage, { address: '127.0.0.1', port: server.port }, new Date());
  const readyMilliseconds = Math.round(performance.now());

  const apiUrl = `https://127.0.0.1:${server.port}`;
  // Loaded only now: their modules would keep /readyz waiting.
  const { startParts } = await import('./cluster/start-parts.ts');
  const started = parts.use(await startParts({ options, pki, apiUrl, pool, range, signal }));
  const running = parts.move();
  return {
    apiUrl,
    gatewayUrl: started.gatewayUrl,
    admin: { caPem: pki.ca, certPem: pki.admin.cert, keyPem: pki.admin.key },
    client: started.client,
    modes: options.nodes === 0 ? [] : podModes,
    readyMilliseconds,
    nodesReady: started.nodesReady,
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await running.disposeAsync();
    },
  };
}

const podModes = [
  'Pods are processes of this machine with your rights: no security boundary.',
  'Network mode loopback: a pod listens on its own 127.x.y.z (POD_IP), ports from 1024 unless you are root;',
  'service addresses answer through the gateway and the API server only.',
];

async function openStorage({ storage, directory }: ClusterOptions): Promise<Storage> {
  if (storage === 'memory') return (await import('./apiserver/storage/memory.ts')).openMemoryStorage();
  const { openSqliteStorage } = await import('./apiserver/storage/sqlite.ts');
  return openSqliteStorage({ file: join(directory, 'state.db') });
}

async function openServer(
  options: ClusterOptions,
  {
    pki,
    storage,
    pool,
    range,
    signal,
  }: {
    pki: Pki;
    storage: Storage;
    pool: UpstreamPool;
    range: LoopbackRange | undefined;
    signal: AbortSignal;
  },
): Promise<ApiServer> {
  const { tokenFile } = options;
  const tokens = tokenFile === undefined ? {} : { tokens: { csv: await readTokens(tokenFile), source: tokenFile } };
  return openApiServer({
    storage,
    resources: resourceTable,
    policy: controlPlanePolicy({ serviceAccountKey: pki.serviceAccountKey, ...tokens }),
    connect: createConnector({
      pool,
      kubelet: () => ({ ca: pki.ca, ...pki.kubeletClient }),
      ...(range === undefined ? {} : { podRange: range.cidr }),
    }),
    tls: { cert: pki.serving.cert, key: pki.serving.key, clientCa: pki.ca },
    listen: { hosts: ['127.0.0.1', '::1'], port: options.apiPort },
    signal,
    log: options.log,
  }).catch((error: unknown) => {
    throw portError(error, options.apiPort, '--api-port');
  });
}

async function readTokens(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? error.code : error;
    throw new Error(`cannot read the token file ${file} (${why}): check the path after --token-file`, { cause: error });
  }
}
