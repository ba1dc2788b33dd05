/** The composition root of the embedded cluster: one process, parts that know each other only through the Kubernetes API. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { clientCertificateAuthenticator, firstOf } from './apiserver/auth/authenticators.ts';
import { staticTokenAuthenticator } from './apiserver/auth/static-tokens.ts';
import type { Authenticator } from './apiserver/auth/types.ts';
import { ensureCertificates, type Pki } from './apiserver/pki/ensure-certificates.ts';
import { resourceTable } from './apiserver/resources/table.ts';
import { type ApiServer, openApiServer } from './apiserver/server.ts';
import type { Storage } from './apiserver/storage/storage.ts';
import type { ClusterClient } from './client/cluster-client.ts';
import { portError } from './cluster/port-error.ts';

export interface ClusterOptions {
  name: string;
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
  const [pki, storage] = await Promise.all([
    ensureCertificates(join(options.directory, 'pki'), { signal }),
    openStorage(options),
  ]);
  parts.use(storage);
  const server = parts.use(await openServer(options, { pki, storage, signal }));
  pki.onRenewal(() => server.renewTls({ ...pki.serving, clientCa: pki.ca }));
  const readyMilliseconds = Math.round(performance.now());

  const apiUrl = `https://127.0.0.1:${server.port}`;
  const admin = { caPem: pki.ca, certPem: pki.admin.cert, keyPem: pki.admin.key };
  const { startParts } = await import('./cluster/start-parts.ts');
  const started = parts.use(await startParts({ options, pki, apiUrl, signal }));
  const running = parts.move();
  return {
    apiUrl,
    gatewayUrl: started.gatewayUrl,
    admin,
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
  { pki, storage, signal }: { pki: Pki; storage: Storage; signal: AbortSignal },
): Promise<ApiServer> {
  const authenticators: Authenticator[] = [clientCertificateAuthenticator];
  if (options.tokenFile !== undefined) {
    authenticators.push(staticTokenAuthenticator(await readFile(options.tokenFile, 'utf8'), options.tokenFile));
  }
  return openApiServer({
    storage,
    resources: resourceTable,
    policy: () => ({
      authenticator: firstOf(authenticators),
      authorizer: async () => ({ allowed: true, reason: '' }),
      admission: [],
      virtual: [],
    }),
    tls: { cert: pki.serving.cert, key: pki.serving.key, clientCa: pki.ca },
    listen: { hosts: ['127.0.0.1', '::1'], port: options.apiPort },
    signal,
    log: options.log,
  }).catch((error: unknown) => {
    throw portError(error, options.apiPort, '--api-port');
  });
}
