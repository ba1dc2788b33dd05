/** Finds a cluster's other API servers in the EndpointSlices of the Service `kubernetes`, and lets in those that prove to be of it. */
import { isIP } from 'node:net';
import type { EndpointSlice } from '../api/types/discovery-v1.ts';
import { sleepUnlessAborted } from '../lib/abortable-sleep.ts';
import { backoffMs } from '../lib/backoff.ts';
import { isRecord } from '../lib/is-record.ts';
import { openUpstreamPool } from '../net/http1/pool.ts';
import type { UpstreamPool } from '../net/http1/upstream.ts';
import { ApiServer } from './api-server.ts';
import type { ClientConfig } from './client-config.ts';
import { explainFailure } from './connection-error.ts';
import { readBody } from './response-body.ts';
import type { ServerGroup } from './server-group.ts';
import { singleServer } from './single-server.ts';
import { Transport } from './transport.ts';

export interface Discovery {
  config: ClientConfig;
  /** Servers of the configuration are in it; those that are found join it and leave it. */
  group: ServerGroup;
  signal: AbortSignal;
  /** Between two looks; default 30 s. */
  intervalMs?: number;
}

/** Of one try, so that a server that does not answer holds nobody up. */
const limitMs = 5000;

/**
 * Looks until the signal fires; between looks it keeps no process alive. Never rejects: what was found before stays when a look
 * fails, and the next one comes sooner.
 */
export async function discoverServers({ config, group, signal, intervalMs = 30_000 }: Discovery): Promise<void> {
  await using pool = openUpstreamPool();
  const finder = new Finder(config, group, pool);
  for (let failures = 0; !signal.aborted; ) {
    try {
      await finder.look(signal);
      failures = 0;
    } catch {
      // The group's own requests tell what is wrong with the cluster.
      failures++;
    }
    const spread = { maxMs: intervalMs, jitter: 0.2 };
    await sleepUnlessAborted(
      backoffMs(failures || 1, { ...spread, baseMs: failures === 0 ? intervalMs : 1000 }),
      signal,
      { inBackground: true },
    );
  }
}

class Finder {
  readonly #config: ClientConfig;
  readonly #group: ServerGroup;
  readonly #pool: UpstreamPool;
  readonly #cluster: Transport;
  #uid: string | undefined;

  constructor(config: ClientConfig, group: ServerGroup, pool: UpstreamPool) {
    this.#config = config;
    this.#group = group;
    this.#pool = pool;
    this.#cluster = new Transport(config, group, pool);
  }

  async look(signal: AbortSignal): Promise<void> {
    const limited = () => AbortSignal.any([signal, AbortSignal.timeout(limitMs)]);
    this.#uid ??= await clusterUid(this.#cluster, limited());
    const path =
      '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3Dkubernetes';
    const found = new Set(serverUrls(await readJson(this.#cluster, path, limited())));
    // Nothing at all is no news about any of them.
    if (found.size === 0) return;
    const { pool, passedOver } = this.#group;
    for (const member of pool.members) {
      if (member.target.discovered && !found.has(member.name)) pool.remove(member);
    }
    for (const url of passedOver.keys()) if (!found.has(url)) passedOver.delete(url);
    const candidates = [...found].filter((url) => !pool.has(url));
    await Promise.all(candidates.map((url) => this.#tryOut(url, signal)));
  }

  /** Nothing goes there with credentials before its certificate was verified, and no request of others before it proved itself. */
  async #tryOut(url: string, signal: AbortSignal): Promise<void> {
    const { tls, tlsFiles, proxy, server: known } = this.#config;
    const serverName = tls?.serverName ?? new URL(known).hostname.replace(/^\[|\]$/g, '');
    const server = new ApiServer(url, {
      tls: { ...tls, serverName },
      ...(tlsFiles && { tlsFiles }),
      ...(proxy && { proxy }),
    });
    const limit = AbortSignal.timeout(limitMs);
    try {
      await this.#check(server, AbortSignal.any([signal, limit]));
      this.#group.passedOver.delete(url);
      this.#group.pool.add(url, { server, discovered: true });
    } catch (error) {
      if (signal.aborted) return;
      const why = limit.aborted ? `no answer within ${limitMs / 1000} s` : explainFailure(url, error).message;
      this.#group.passedOver.set(url, error instanceof NotOfThisCluster ? error.message : why);
    }
  }

  async #check(server: ApiServer, signal: AbortSignal): Promise<void> {
    const readyz = await this.#pool.request(server.anonymous, {
      method: 'GET',
      target: '/readyz',
      headers: [['User-Agent', 'fairlead']],
      signal,
    });
    readyz.body.destroy();
    const transport = new Transport(this.#config, singleServer(server), this.#pool);
    let { status } = readyz;
    if (status === 401 || status === 403) {
      const again = await transport.send({ method: 'GET', path: '/readyz', signal });
      again.body.destroy();
      status = again.status;
    }
    if (status !== 200) throw new NotOfThisCluster(`its /readyz answers ${status}`);
    const uid = await clusterUid(transport, signal);
    if (uid !== this.#uid)
      throw new NotOfThisCluster('it belongs to another cluster: its namespace kube-system has another UID');
  }
}

/** The message is a clause about the server. */
class NotOfThisCluster extends Error {
  override readonly name = 'NotOfThisCluster';
}

/** By which clusters are told apart: the UID of the namespace kube-system. */
async function clusterUid(transport: Transport, signal: AbortSignal): Promise<string> {
  const namespace = await readJson(transport, '/api/v1/namespaces/kube-system', signal);
  const uid = isRecord(namespace) && isRecord(namespace.metadata) ? namespace.metadata.uid : undefined;
  if (typeof uid !== 'string' || uid === '') throw new NotOfThisCluster('its namespace kube-system has no UID');
  return uid;
}

async function readJson(transport: Transport, path: string, signal: AbortSignal): Promise<unknown> {
  const { status, body } = await transport.send({
    method: 'GET',
    path,
    headers: [['Accept', 'application/json']],
    signal,
  });
  const bytes = await readBody(body);
  if (status !== 200) throw new NotOfThisCluster(`it answers ${status} to ${path.replace(/\?.*/, '')}`);
  return JSON.parse(bytes.toString('utf8'));
}

function serverUrls(list: unknown): string[] {
  const slices: unknown = isRecord(list) ? list.items : undefined;
  if (!Array.isArray(slices)) return [];
  return slices.flatMap(({ addressType, ports, endpoints }: EndpointSlice) => {
    const port = (ports ?? []).find(({ name, port: number }) => name === 'https' && number !== undefined)?.port;
    if (port === undefined || (addressType !== 'IPv4' && addressType !== 'IPv6')) return [];
    return (endpoints ?? [])
      .filter(({ conditions }) => conditions?.ready !== false)
      .flatMap(({ addresses }) => addresses)
      .filter((address) => isIP(address) !== 0)
      .map((address) => `https://${addressType === 'IPv6' ? `[${address}]` : address}:${port}`);
  });
}
