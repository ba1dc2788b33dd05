/** Typed create, read, update, delete, patch and watch of one resource over a `Transport`. */
import type { KubeList, KubeObject } from '../api/object.ts';
import type { Status } from '../api/status.ts';
import { StatusError } from '../api/status.ts';
import { parseExactJson, writeExactJson } from '../lib/exact-json.ts';
import { isRecord } from '../lib/is-record.ts';
import { headerValue } from '../net/http1/headers.ts';
import type { UpstreamResponse } from '../net/http1/upstream.ts';
import type { DeleteOptions, ResourceCall, ResourceClient, WatchEvent, WatchQuery } from './cluster-client.ts';
import { startDeadline } from './deadline.ts';
import { listParameters, queryString, segment, writeParameters } from './resource-path.ts';
import { notAsAsked, parseObject, readBody, refusal } from './response-body.ts';
import { stoppable } from './stoppable.ts';
import type { Transport } from './transport.ts';
import { warningsOf } from './warnings.ts';
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
  /** As for `openClusterClient`. */
  exactIntegers: boolean;
}

interface Sent<R> {
  body?: unknown;
  contentType?: string | undefined;
  accept?: string;
  signal?: AbortSignal | undefined;
  onWarning?: ((text: string) => void) | undefined;
  /** Throws for an answer of this server that is not as asked. */
  check?: (answer: R, server: string) => void;
}

const json = 'application/json';
const partialObject = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
const partialList = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';

export function resourceClient<T extends KubeObject>(options: ResourceOptions): ResourceClient<T> {
  const { transport, root, plural, metadataOnly, closed, requestTimeoutMs, exactIntegers } = options;
  const parse: (text: string) => unknown = exactIntegers ? parseExactJson : JSON.parse;
  const write = exactIntegers ? writeExactJson : JSON.stringify;

  const pathOfAll = (namespace: string | undefined): string => {
    const scope = namespace === undefined || namespace === '' ? '' : `/namespaces/${segment(namespace, 'namespace')}`;
    return `${root}${scope}/${plural}`;
  };

  /** Never that of all objects, where the same method may mean something else. */
  const pathOf = (namespace: string | undefined, name: string | undefined, subresource?: string): string => {
    const part = subresource === undefined ? '' : `/${segment(subresource, 'name')}`;
    return `${pathOfAll(namespace)}/${segment(name, 'name')}${part}`;
  };

  async function send<R>(
    method: string,
    path: string,
    { signal, onWarning, body, contentType = json, accept, check }: Sent<R>,
  ): Promise<R> {
    using deadline = startDeadline(signal ?? closed, requestTimeoutMs, closed);
    const headers: [string, string][] = [['Accept', accept ?? (metadataOnly ? partialObject : json)]];
    let bytes: Uint8Array | undefined;
    if (body !== undefined) {
      headers.push(['Content-Type', contentType]);
      bytes = Buffer.from(write(body) ?? '');
    }
    let response: UpstreamResponse;
    let answer: Buffer;
    const tried = { server: transport.server };
    try {
      response = await transport.send({ method, path, headers, body: bytes, signal: deadline.signal, tried });
      answer = await readBody(response.body);
    } catch (error) {
      if (deadline.expired) throw timedOut(tried.server, requestTimeoutMs);
      throw transport.failure(error, deadline.signal, tried);
    }
    // What it throws is its own matter, and comes when the connection is free again.
    if (onWarning !== undefined) for (const text of warningsOf(response.headers)) onWarning(text);
    const { status } = response;
    if (status < 200 || status > 299) throw refusal(status, answer, headerValue(response.headers, 'location'));
    // What an API server answers under a resource's path is of that resource's kind.
    const object = parseObject(answer, { parse, from: tried.server }) as R;
    check?.(object, tried.server);
    return object;
  }

  const call = async <R>({
    method,
    namespace,
    name,
    subresource,
    body,
    contentType,
    signal,
    onWarning,
    ...rest
  }: ResourceCall): Promise<R> => {
    const creates = method === 'POST' && name === undefined && subresource === undefined;
    const path = creates ? pathOfAll(namespace) : pathOf(namespace, name, subresource);
    return await send<R>(method, `${path}${queryString(writeParameters(rest))}`, {
      body,
      contentType,
      signal,
      onWarning,
    });
  };

  return {
    call,
    get: (name, options = {}) => call<T>({ ...options, method: 'GET', name }),

    async list(query = {}) {
      const path = `${pathOfAll(query.namespace)}${queryString(listParameters(query))}`;
      const { signal, onWarning } = query;
      return send<KubeList<T>>('GET', path, {
        signal,
        onWarning,
        ...(metadataOnly && { accept: partialList }),
        check(answer, server) {
          // Go's empty list is null.
          answer.items ??= [];
          if (!isList(answer)) throw notAsAsked('something that is not a list of objects', server);
        },
      });
    },

    watch: (query: WatchQuery = {}) =>
      stoppable(async function* (stop): AsyncGenerator<WatchEvent<T>, undefined> {
        using unlessClosed = startDeadline(query.signal ?? closed, undefined, closed);
        using until = startDeadline(stop, undefined, unlessClosed.signal);
        const { signal } = until;
        const parameters = listParameters(query);
        parameters.set('watch', 'true');
        if (query.allowWatchBookmarks) parameters.set('allowWatchBookmarks', 'true');
        if (query.sendInitialEvents !== undefined) parameters.set('sendInitialEvents', String(query.sendInitialEvents));
        if (query.timeoutSeconds !== undefined) parameters.set('timeoutSeconds', String(query.timeoutSeconds));
        const path = `${pathOfAll(query.namespace)}${queryString(parameters)}`;
        const accept = metadataOnly ? partialObject : json;
        const tried = { server: transport.server };
        const failed = (error: unknown) =>
          error instanceof StatusError ? error : transport.failure(error, signal, tried);
        let response: UpstreamResponse;
        try {
          response = await transport.send({ method: 'GET', path, headers: [['Accept', accept]], signal, tried });
          if (response.status !== 200) {
            throw refusal(response.status, await readBody(response.body), headerValue(response.headers, 'location'));
          }
        } catch (error) {
          if (stop.aborted) return;
          throw failed(error);
        }
        try {
          // What these throw is their own matter.
          const { onWarning } = query;
          if (onWarning !== undefined) for (const text of warningsOf(response.headers)) onWarning(text);
          query.onOpen?.();
        } catch (error) {
          response.body.destroy();
          throw error;
        }
        try {
          yield* watchEvents<T>(response.body, parse);
        } catch (error) {
          if (stop.aborted) return;
          throw failed(error);
        }
      }),

    create: (object, options = {}) =>
      call<T>({
        ...options,
        method: 'POST',
        ...inNamespace(object),
        ...(options.subresource !== undefined && { name: nameOf(object) }),
        body: object,
      }),
    update: (object, options = {}) =>
      call<T>({ ...options, method: 'PUT', ...inNamespace(object), name: nameOf(object), body: object }),
    updateStatus: (object, options = {}) =>
      call<T>({
        ...options,
        method: 'PUT',
        ...inNamespace(object),
        name: nameOf(object),
        subresource: 'status',
        body: object,
      }),
    patch: (name, patch, { type, ...options }) =>
      call<T>({ ...options, method: 'PATCH', name, body: patch, contentType: type }),

    delete: (name, { namespace, signal, onWarning, ...deletion } = {}) =>
      send<T | Status>('DELETE', pathOf(namespace, name), {
        body: deleteBody(deletion),
        accept: json,
        signal,
        onWarning,
      }),

    async deleteCollection({ namespace, labelSelector, fieldSelector, signal, onWarning, ...deletion }) {
      const query = listParameters({
        ...(labelSelector !== undefined && { labelSelector }),
        ...(fieldSelector !== undefined && { fieldSelector }),
      });
      await send<unknown>('DELETE', `${pathOfAll(namespace)}${queryString(query)}`, {
        body: deleteBody(deletion),
        accept: json,
        signal,
        onWarning,
      });
    },
  };
}

function isList({ kind, metadata, items }: Record<keyof KubeList<never>, unknown>): boolean {
  const isObject = (item: unknown): boolean => isRecord(item) && isRecord(item.metadata);
  return typeof kind === 'string' && isRecord(metadata) && Array.isArray(items) && items.every(isObject);
}

function inNamespace({ metadata: { namespace } }: KubeObject): { namespace?: string } {
  return namespace === undefined ? {} : { namespace };
}

function nameOf(object: KubeObject): string {
  const { name } = object.metadata;
  if (name === undefined || name === '') throw new TypeError(`a ${object.kind} without a name cannot be written`);
  return name;
}

function deleteBody({ dryRun, ...options }: DeleteOptions): unknown {
  return { kind: 'DeleteOptions', apiVersion: 'v1', ...options, ...(dryRun === true && { dryRun: ['All'] }) };
}

export function timedOut(server: string, limitMs: number | undefined): StatusError {
  return new StatusError({
    code: 504,
    reason: 'Timeout',
    message: `${server} did not answer within ${(limitMs ?? 0) / 1000} s (the request's time limit)`,
  });
}
