/** For tests: an API server as a cluster has it (every kind, bootstrap objects, RBAC, admission) and a plain client. */

import { Agent, request } from 'node:https';
import type { KubeObject } from '../api/object.ts';
import type { StatusCause } from '../api/status.ts';
import { bootstrapObjects } from './bootstrap/bootstrap.ts';
import type { PolicyOptions } from './bootstrap/policy.ts';
import { controlPlanePolicy } from './bootstrap/policy.ts';
import type { Pki } from './pki/ensure-certificates.ts';
import { ensureCertificates } from './pki/ensure-certificates.ts';
import { resourceTable } from './resources/table.ts';
import { openApiServer } from './server.ts';
import { openMemoryStorage } from './storage/memory.ts';
import type { Storage } from './storage/storage.ts';

export const core = '/api/v1/namespaces/default';
export const apps = '/apis/apps/v1/namespaces/default';
export const rbac = '/apis/rbac.authorization.k8s.io/v1';

/** The JSON of any answer; tests look at what they expect to be there. */
export interface Reply extends KubeObject {
  // biome-ignore lint/suspicious/noExplicitAny: what a test reads next fails it when it is not there
  [field: string]: any;
  code: number;
  message: string;
  details: { causes: StatusCause[] };
}

export interface Ask {
  method?: string;
  body?: unknown;
  /** A static token: `admin` of system:masters, `alice` of nobody; undefined: admin; null: none. Others are sent as they are. */
  token?: string | null;
  /** Proves itself by certificate instead. */
  pair?: { cert: string; key: string };
  headers?: Record<string, string | string[]>;
}

export interface ControlPlane extends AsyncDisposable {
  port: number;
  pki: Pki;
  storage: Storage;
  call(path: string, ask?: Ask): Promise<Reply>;
  post(path: string, body: unknown, token?: string): Promise<Reply>;
  /** The complaints of a refused create, `field: message` each, in order. */
  complaints(path: string, body: unknown): Promise<string[]>;
  mergePatch(path: string, body: unknown): Promise<Reply>;
}

const tokens = { csv: 'admin,admin,1,"system:masters"\nalice,alice,2\nbob,bob,3,"devs"\n', source: 'tokens.csv' };

export async function openControlPlane(
  options: Partial<PolicyOptions> & { storage?: Storage; log?(line: string): void } = {},
): Promise<ControlPlane> {
  const { storage = openMemoryStorage(), log = console.error, ...policy } = options;
  const pki = await ensureCertificates(undefined);
  const stopping = new AbortController();
  await bootstrapObjects(storage, { clientCa: pki.ca, now: new Date() });
  const server = await openApiServer({
    storage,
    resources: resourceTable,
    policy: controlPlanePolicy({ serviceAccountKey: pki.serviceAccountKey, tokens, ...policy }),
    tls: { ...pki.serving, clientCa: pki.ca },
    listen: { hosts: ['127.0.0.1'], port: 0 },
    signal: stopping.signal,
    log,
  });
  const agents = new Map<string, Agent>();
  const agentFor = (pair: Ask['pair']) => {
    const key = pair?.cert ?? '';
    let agent = agents.get(key);
    if (agent === undefined) {
      agent = new Agent({ keepAlive: true, ca: pki.ca, ...pair });
      agents.set(key, agent);
    }
    return agent;
  };
  const call: ControlPlane['call'] = async (path, { method, body, token = 'admin', pair, headers } = {}) => {
    const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    const outgoing = request(
      {
        agent: agentFor(pair),
        host: '127.0.0.1',
        port: server.port,
        path,
        method: method ?? (body === undefined ? 'GET' : 'POST'),
        headers: {
          ...(token === null || pair !== undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(bytes === undefined ? {} : { 'content-type': 'application/json', 'content-length': bytes.byteLength }),
          ...headers,
        },
      },
      async (response) => {
        const text = (await response.toArray()).join('');
        resolve(text.startsWith('{') ? JSON.parse(text) : { message: text, code: response.statusCode });
      },
    );
    outgoing.once('error', reject).end(bytes);
    return promise;
  };
  const control: ControlPlane = {
    port: server.port,
    pki,
    storage,
    call,
    post: (path, body, token) => call(path, { body, ...(token === undefined ? {} : { token }) }),
    async complaints(path, body) {
      const { code, message, details } = await call(`${path}?dryRun=All`, { body });
      if (code !== 422) throw new Error(`the create was not refused as invalid: ${code} ${message}`);
      return details.causes.map((cause) => `${cause.field}: ${cause.message}`);
    },
    mergePatch: (path, body) =>
      call(path, { method: 'PATCH', body, headers: { 'content-type': 'application/merge-patch+json' } }),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      for (const agent of agents.values()) agent.destroy();
      await storage[Symbol.asyncDispose]();
    },
  };
  await control.post(`${core}/serviceaccounts`, { metadata: { name: 'default' } });
  return control;
}
