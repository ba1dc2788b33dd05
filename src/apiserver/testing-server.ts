/** For tests: a real API server on a loopback port with memory storage and a few kinds, and a plain client for it. */
import { generateKeyPairSync } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { createInterface } from 'node:readline';
import type { KubeObject, ListMeta, ObjectMeta } from '../api/object.ts';
import { issueCertificate } from '../net/certificates/certificate.ts';
import type { ApiPolicy } from './auth/policy.ts';
import type { Authenticator, Authorizer } from './auth/types.ts';
import type { ResourceDefinition } from './resources/resource.ts';
import type { ApiServerOptions } from './server.ts';
import { openApiServer } from './server.ts';
import { openMemoryStorage } from './storage/memory.ts';

/** A kind without facts: nothing of it is known but what is written here. */
export interface Widget extends KubeObject {
  spec?: { size?: number; colour?: string; holds?: string[] };
  status?: { ready?: number; phase?: string };
}

const base = { group: 'test.example', version: 'v1', namespaced: true } as const;

export const widgets: ResourceDefinition<Widget> = {
  ...base,
  kind: 'Widget',
  plural: 'widgets',
  singular: 'widget',
  shortNames: ['wd'],
  categories: ['all'],
  statusSubresource: true,
  generation: true,
  scale: {
    specReplicasPath: ['spec', 'size'],
    specReplicas: (object) => object.spec?.size ?? 0,
    setSpecReplicas(object, replicas) {
      object.spec = { ...object.spec, size: replicas };
    },
    statusReplicas: (object) => object.status?.ready ?? 0,
    selector: (object) => `widget=${object.metadata.name}`,
  },
  applyDefaults(object) {
    object.spec ??= {};
    object.spec.colour ??= 'grey';
  },
  validate: (object) =>
    object.spec?.colour === 'wrong'
      ? [{ reason: 'FieldValueInvalid', field: 'spec.colour', message: 'Invalid value: "wrong": must be right' }]
      : [],
  validateUpdate: (next, previous) =>
    next.spec?.colour === previous.spec?.colour
      ? []
      : [{ reason: 'FieldValueForbidden', field: 'spec.colour', message: 'Forbidden: field is immutable' }],
  selectableFields: { 'spec.colour': (object) => object.spec?.colour ?? '' },
  columns: [
    { name: 'Size', type: 'integer', description: 'How large.', value: (object) => object.spec?.size ?? 0 },
    {
      name: 'Colour',
      type: 'string',
      description: 'Its colour.',
      priority: 1,
      value: (object) => object.spec?.colour ?? '',
    },
  ],
};

/** A kind whose objects need time to end, as pods do. */
const runners: ResourceDefinition = {
  ...base,
  kind: 'Runner',
  plural: 'runners',
  singular: 'runner',
  returnsDeletedObject: true,
  gracePeriodSeconds: (object) => (object.metadata.labels?.idle === 'yes' ? 0 : 30),
};

/** A kind with finalizers of its own, as namespaces have, that updates create, as services. */
const boxes: ResourceDefinition<Widget> = {
  ...base,
  namespaced: false,
  kind: 'Box',
  plural: 'boxes',
  singular: 'box',
  createdByUpdate: true,
  deprecation: 'boxes are deprecated; use widgets',
  statusSubresource: true,
  ownFinalizers: {
    read: (object) => object.spec?.holds ?? [],
    write(object, finalizers) {
      object.spec = { ...object.spec, holds: [...finalizers] };
    },
    markDeleted(object) {
      object.status = { phase: 'Terminating' };
    },
  },
};

const configMaps: ResourceDefinition = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  singular: 'configmap',
  shortNames: ['cm'],
  namespaced: true,
};

const tokens: Authenticator = async ({ bearerToken }) => {
  if (bearerToken === 'admin') return { name: 'admin', groups: ['system:masters'] };
  return bearerToken === 'nobody' ? { name: 'nobody', groups: [] } : undefined;
};
const adminOnly: Authorizer = async ({ user }) => ({ allowed: user.name === 'admin', reason: '' });

/** The JSON of any answer: a field is declared as what it is where it is there at all, and tests look whether it is. */
export interface AnswerBody {
  kind: string;
  apiVersion: string;
  metadata: Required<Omit<ObjectMeta & ListMeta, 'creationTimestamp'>> & { creationTimestamp: string };
  spec: { size: number; colour: string; replicas: number };
  status: unknown;
  data: Record<string, string>;
  items: AnswerBody[];
  /** Of a Status. */
  message: string;
  reason: string;
  code: number;
  details: { causes: { field: string; reason: string }[] };
  /** Of a Table. */
  columnDefinitions: { name: string; priority: number }[];
  rows: { cells: unknown[]; object: AnswerBody }[];
  /** Of an APIResourceList. */
  resources: { name: string; kind: string; group: string; verbs: string[] }[];
}

export interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  text: string;
  /** The body, if it is JSON. */
  json: AnswerBody;
}

export interface Call {
  method?: string;
  body?: unknown;
  /** Null: no credentials. */
  token?: string | null;
  headers?: Record<string, string>;
}

export interface TestServer extends AsyncDisposable {
  port: number;
  storage: ApiServerOptions['storage'];
  call(path: string, call?: Call): Promise<Answer>;
  /** Opens a watch; each line of it is one event. Ends with the server's ending it or `stop`. */
  watch(path: string, headers?: Record<string, string>): Promise<TestWatch>;
  stop(): Promise<void>;
}

export interface TestWatch {
  status: number;
  /** Throws when the watch has ended. */
  next(): Promise<{ type: string; object: AnswerBody }>;
  /** Resolves with what comes after the end: nothing, if it was clean. */
  rest(): Promise<string[]>;
  stop(): void;
}

export async function openTestServer({
  policy,
  ...options
}: Partial<Omit<ApiServerOptions, 'policy'>> & { policy?: Partial<ApiPolicy> } = {}): Promise<TestServer> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const cert = issueCertificate({
    subject: { commonName: 'localhost' },
    key: publicKey,
    signingKey: privateKey,
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 3_600_000),
    use: 'server',
    dnsNames: ['localhost'],
    ipAddresses: ['127.0.0.1'],
  });
  const storage = openMemoryStorage();
  const stopping = new AbortController();
  const server = await openApiServer({
    storage,
    resources: [widgets, runners, boxes, configMaps],
    policy: () => ({ authenticator: tokens, authorizer: adminOnly, admission: [], virtual: [], ...policy }),
    tls: { cert, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() },
    listen: { hosts: ['127.0.0.1'], port: 0 },
    signal: stopping.signal,
    ...options,
  });
  const agent = new Agent({ keepAlive: true, ca: cert });
  const send = (path: string, { method = 'GET', body, token = 'admin', headers = {} }: Call = {}) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const bytes = body === undefined ? undefined : Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
      const outgoing = request(
        {
          agent,
          host: '127.0.0.1',
          port: server.port,
          path,
          method,
          headers: {
            ...(token === null ? {} : { authorization: `Bearer ${token}` }),
            ...(bytes === undefined ? {} : { 'content-type': 'application/json', 'content-length': bytes.byteLength }),
            ...headers,
          },
        },
        resolve,
      );
      outgoing.once('error', reject).end(bytes);
    });
  return {
    port: server.port,
    storage,
    async call(path, call) {
      const response = await send(path, call);
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk);
      const text = Buffer.concat(chunks).toString();
      const json = (text.startsWith('{') ? JSON.parse(text) : {}) as AnswerBody;
      return { status: response.statusCode ?? 0, headers: response.headers, text, json };
    },
    async watch(path, headers = {}) {
      const response = await send(path, { headers });
      const lines = createInterface({ input: response, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]();
      return {
        status: response.statusCode ?? 0,
        async next() {
          const { done, value } = await lines.next();
          if (done === true) throw new Error('the watch has ended');
          return JSON.parse(value);
        },
        async rest() {
          const left: string[] = [];
          for (let line = await lines.next(); line.done !== true; line = await lines.next()) left.push(line.value);
          return left;
        },
        stop: () => response.destroy(),
      };
    },
    async stop() {
      stopping.abort();
      await server.closed;
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      agent.destroy();
      await storage[Symbol.asyncDispose]();
    },
  };
}
