/** The API server of the embedded cluster, with what every cluster begins with in its store. */
import { readFile } from 'node:fs/promises';
import { bootstrapObjects, publishApiServer } from '../apiserver/bootstrap/bootstrap.ts';
import { controlPlanePolicy } from '../apiserver/bootstrap/policy.ts';
import { createConnector } from '../apiserver/connect/connect.ts';
import type { Pki } from '../apiserver/pki/ensure-certificates.ts';
import { resourceTable } from '../apiserver/resources/table.ts';
import { type ApiServer, openApiServer } from '../apiserver/server.ts';
import type { Storage } from '../apiserver/storage/storage.ts';
import type { ClusterOptions } from '../cluster.ts';
import type { UpstreamPool } from '../net/http1/upstream.ts';
import type { LoopbackRange } from './loopback-range.ts';
import { portError } from './port-error.ts';

interface Surroundings {
  pki: Pki;
  storage: Storage;
  pool: UpstreamPool;
  range: LoopbackRange | undefined;
  localSocket: string | undefined;
  signal: AbortSignal;
}

/** Resolves when it answers and the `kubernetes` Service says where. */
export async function openClusterServer(options: ClusterOptions, surroundings: Surroundings): Promise<ApiServer> {
  const { pki, storage } = surroundings;
  await bootstrapObjects(storage, { clientCa: pki.ca, now: new Date() });
  const server = await openServer(options, surroundings);
  await publishApiServer(storage, { address: '127.0.0.1', port: server.port }, new Date());
  return server;
}

async function openServer(
  options: ClusterOptions,
  { pki, storage, pool, range, localSocket, signal }: Surroundings,
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
    ...(localSocket === undefined
      ? {}
      : { localSocket: { path: localSocket, clientCertificate: () => pki.admin.cert } }),
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
