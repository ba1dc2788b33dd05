/** Typed create, read, update, delete, patch and watch of one resource over a `Transport`. */
import type { KubeList, KubeObject } from '../api/object.ts';
import type { Status } from '../api/status.ts';
import { StatusError } from '../api/status.ts';
import { isRecord } from '../lib/is-record.ts';
import type {
  CallOptions,
  DeleteOptions,
  ListQuery,
  ResourceClient,
  WatchEvent,
  WatchQuery,
} from './cluster-client.ts';
import { startDeadline } from './deadline.ts';
import { readBody, refusal } from './response-body.ts';
import type { Transport } from './transport.ts';
import { watchEvents } from './watch-stream.ts';

export interface ResourceOptions {
  transport: Transport;
  /** `/api/v1` or `/apis/GROUP/VERSION`. */
  root: string;
  plural: string;
  /** Ask for metadata alone. */
  metadataOnly: boolean;
  /** Ends every call: the client was closed. */
  closed: AbortSignal;
  requestTimeoutMs: number | undefined;
}

const json = 'application/json';
const partialObject = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
const partialList = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';

export function resourceClient<T extends KubeObject>(options: ResourceOptions): ResourceClient<T> {
  const { transport, root, plural, metadataOnly, closed, requestTimeoutMs } = options;

  const pathOf = (namespace: string | undefined, ...rest: (string | undefined)[]): string => {
    const scope = namespace === undefined || namespace === '' ? '' : `/namespaces/${segment(namespace, 'namespace')}`;
    const tail = rest.filter((part) => part !== undefined).map((part) => `/${segment(part, 'name')}`);
    return `${root}${scope}/${plural}${tail.join('')}`;
  };

  async function call<R>(
    method: string,
    path: string,
    {
      signal,
      body,
      contentType = json,
      accept,
    }: CallOptions & { body?: unknown; contentType?: string; accept?: string },
  ): Promise<R> {
    using deadline = startDeadline(signal ?? closed, requestTimeoutMs);
    const headers: [string, string][] = [['Accept', accept ?? (metadataOnly ? partialObject : json)]];
    let bytes: Uint8Array | undefined;
    if (body !== undefined) {
      headers.push(['Content-Type', contentType]);
      bytes = Buffer.from(JSON.stringify(body));
    }
    let status: number;
    let answer: Buffer;
    try {
      const response = await transport.send({ method, path, headers, body: bytes, signal: deadline.signal });
      status = response.status;
      answer = await readBody(response.body);
    } catch (error) {
      if (deadline.expired) throw timedOut(transport.server, requestTimeoutMs);
      throw transport.failure(error, deadline.signal);
    }
    if (status < 200 || status > 299) throw refusal(status, answer);
    return parseAnswer<R>(answer, transport.server);
  }

  const write = (method: 'POST' | 'PUT', path: string, object: T, { signal }: CallOptions) =>
    call<T>(method, path, { body: object, ...(signal && { signal }) });

  return {
    get: (name, { namespace, signal } = {}) => call<T>('GET', pathOf(namespace, name), signal ? { signal } : {}),

    async list(query = {}) {
      const path = `${pathOf(query.namespace)}${queryString(listParameters(query))}`;
      const list = await call<KubeList<T>>('GET', path, {
        ...(query.signal && { signal: query.signal }),
        ...(metadataOnly && { accept: partialList }),
      });
      // Go's empty list is null.
      list.items ??= [];
      return list;
    },

    async *watch(query: WatchQuery = {}): AsyncGenerator<WatchEvent<T>> {
      const signal = query.signal ?? closed;
      const parameters = listParameters(query);
      parameters.set('watch', 'true');
      if (query.allowWatchBookmarks) parameters.set('allowWatchBookmarks', 'true');
      if (query.timeoutSeconds !== undefined) parameters.set('timeoutSeconds', String(query.timeoutSeconds));
      const path = `${pathOf(query.namespace)}${queryString(parameters)}`;
      const accept = metadataOnly ? partialObject : json;
      try {
        const response = await transport.send({ method: 'GET', path, headers: [['Accept', accept]], signal });
        if (response.status !== 200) throw refusal(response.status, await readBody(response.body));
        yield* watchEvents<T>(response.body);
      } catch (error) {
        throw error instanceof StatusError ? error : transport.failure(error, signal);
      }
    },

    create: (object, { subresource, ...rest } = {}) =>
      write('POST', pathOf(object.metadata.namespace, subresource && nameOf(object), subresource), object, rest),
    update: (object, { subresource, ...rest } = {}) =>
      write('PUT', pathOf(object.metadata.namespace, nameOf(object), subresource), object, rest),
    updateStatus: (object, rest = {}) =>
      write('PUT', pathOf(object.metadata.namespace, nameOf(object), 'status'), object, rest),

    patch: (name, patch, { type, namespace, subresource, signal }) =>
      call<T>('PATCH', pathOf(namespace, name, subresource), {
        body: patch,
        contentType: type,
        ...(signal && { signal }),
      }),

    delete: (name, { namespace, signal, ...deletion } = {}) =>
      call<T | Status>('DELETE', pathOf(namespace, name), {
        body: deleteBody(deletion),
        accept: json,
        ...(signal && { signal }),
      }),

    async deleteCollection({ namespace, labelSelector, fieldSelector, signal, ...deletion }) {
      const query = listParameters({
        ...(labelSelector !== undefined && { labelSelector }),
        ...(fieldSelector !== undefined && { fieldSelector }),
      });
      await call<unknown>('DELETE', `${pathOf(namespace)}${queryString(query)}`, {
        body: deleteBody(deletion),
        accept: json,
        ...(signal && { signal }),
      });
    },
  };
}

/** A name in a path: names that would change the path's meaning are refused before anything is sent. */
function segment(text: string, what: string): string {
  if (text === '' || text === '.' || text === '..' || /[/%]/.test(text)) {
    throw new TypeError(`${JSON.stringify(text)} cannot be a ${what} in the Kubernetes API`);
  }
  return encodeURIComponent(text);
}

function nameOf(object: KubeObject): string {
  const { name } = object.metadata;
  if (name === undefined || name === '') throw new TypeError(`a ${object.kind} without a name cannot be written`);
  return name;
}

function listParameters(query: ListQuery): URLSearchParams {
  const parameters = new URLSearchParams();
  for (const field of [
    'labelSelector',
    'fieldSelector',
    'continue',
    'resourceVersion',
    'resourceVersionMatch',
  ] as const) {
    const value = query[field];
    if (value !== undefined && value !== '') parameters.set(field, value);
  }
  if (query.limit !== undefined) parameters.set('limit', String(query.limit));
  return parameters;
}

function queryString(parameters: URLSearchParams): string {
  return parameters.size === 0 ? '' : `?${parameters}`;
}

function deleteBody(options: DeleteOptions): unknown {
  return { kind: 'DeleteOptions', apiVersion: 'v1', ...options };
}

function parseAnswer<R>(answer: Buffer, server: string): R {
  let parsed: unknown;
  try {
    parsed = JSON.parse(answer.toString('utf8'));
  } catch {
    parsed = undefined;
  }
  if (isRecord(parsed)) return parsed as R;
  throw new StatusError({
    code: 500,
    reason: 'InternalError',
    message: `${server} answered something that is not a JSON object`,
  });
}

export function timedOut(server: string, limitMs: number | undefined): StatusError {
  return new StatusError({
    code: 504,
    reason: 'Timeout',
    message: `${server} did not answer within ${(limitMs ?? 0) / 1000} s (the request's time limit)`,
  });
}
