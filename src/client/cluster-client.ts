/** What controllers, node, gateway and CLI know of a cluster: the Kubernetes API, and nothing else. */
import type { Duplex, Readable } from 'node:stream';
import type { KubeList, KubeObject, ObjectMeta, WatchEventType } from '../api/object.ts';
import type { Status } from '../api/status.ts';
import type { ApiServers } from './api-servers.ts';

export interface ListQuery {
  namespace?: string | undefined;
  labelSelector?: string;
  fieldSelector?: string;
  limit?: number;
  continue?: string;
  resourceVersion?: string;
  resourceVersionMatch?: 'Exact' | 'NotOlderThan';
}

export type PatchType =
  | 'application/json-patch+json'
  | 'application/merge-patch+json'
  | 'application/strategic-merge-patch+json'
  | 'application/apply-patch+yaml';

export interface DeleteOptions {
  gracePeriodSeconds?: number;
  propagationPolicy?: 'Orphan' | 'Background' | 'Foreground';
  preconditions?: { uid?: string; resourceVersion?: string };
  /** Everything is checked, nothing is deleted. */
  dryRun?: boolean;
}

export interface WatchEvent<T extends KubeObject> {
  type: Exclude<WatchEventType, 'ERROR'>;
  object: T;
}

export interface CallOptions {
  signal?: AbortSignal | undefined;
  /** Told of each warning that the server sends along: deprecated versions, unknown fields. */
  onWarning?: (text: string) => void;
}

export interface WriteOptions extends CallOptions {
  /** Everything is checked and answered as if, nothing is stored. */
  dryRun?: boolean;
  /** Who owns the fields that are set: a name of this program. */
  fieldManager?: string;
  /** What the server does about unknown and duplicate fields; by default it warns. */
  fieldValidation?: 'Ignore' | 'Warn' | 'Strict';
}

/** One request about a resource, by the parts of its path. */
export interface ResourceCall extends WriteOptions {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  namespace?: string | undefined;
  /** Absent only where an object is created. */
  name?: string;
  subresource?: string;
  body?: unknown;
  contentType?: string;
  /** Apply only: takes fields over from other managers. */
  force?: boolean;
}

export interface WatchQuery extends ListQuery, CallOptions {
  allowWatchBookmarks?: boolean;
  /** The server ends the watch after this time. */
  timeoutSeconds?: number;
  /** Asks for what is there first, as ADDED, then a bookmark annotated `k8s.io/initial-events-end` (WatchList). */
  sendInitialEvents?: boolean;
  /** Called when the server has agreed to the watch; its first event may be long in coming. */
  onOpen?: () => void;
}

/** What is known of an object of which only the metadata was asked for; apiVersion and kind are not the object's own. */
export interface PartialObject extends KubeObject {
  metadata: ObjectMeta;
}

/** One resource of the cluster; every call throws `StatusError` for what the server refused. */
export interface ResourceClient<T extends KubeObject> {
  get(name: string, options?: CallOptions & { namespace?: string | undefined }): Promise<T>;
  list(query?: ListQuery & CallOptions): Promise<KubeList<T>>;
  /** One watch request, from `resourceVersion`: ends when the server ends it; an ERROR event is thrown as StatusError. */
  watch(query?: WatchQuery): AsyncIterable<WatchEvent<T>>;
  create(object: T, options?: WriteOptions & { subresource?: string }): Promise<T>;
  update(object: T, options?: WriteOptions & { subresource?: string }): Promise<T>;
  updateStatus(object: T, options?: WriteOptions): Promise<T>;
  patch(
    name: string,
    patch: unknown,
    options: WriteOptions & { type: PatchType; namespace?: string | undefined; subresource?: string; force?: boolean },
  ): Promise<T>;
  delete(name: string, options?: CallOptions & DeleteOptions & { namespace?: string | undefined }): Promise<T | Status>;
  /** Everything in a namespace that selectors match; objects with finalizers or grace are only marked. */
  deleteCollection(
    options: CallOptions & DeleteOptions & Pick<ListQuery, 'namespace' | 'labelSelector' | 'fieldSelector'>,
  ): Promise<void>;
  /** What the others are made of: any subresource, with any body. */
  call<R>(call: ResourceCall): Promise<R>;
}

export interface RawRequest {
  method: string;
  /** Path and query below the server's URL. */
  path: string;
  headers?: Readonly<Record<string, string>>;
  body?: Uint8Array | Readable;
  signal?: AbortSignal | undefined;
}

export interface RawResponse {
  /** The URL of the API server that answered. */
  server: string;
  status: number;
  headers: ReadonlyMap<string, string>;
  /** To be read to its end or destroyed, unless there is none (an answer to HEAD, 204, a length of 0). Fails with ConnectionError when it is cut off. */
  body: Readable;
}

/** One way to get streams into a pod: an upgrade to ask the API server for. */
export interface StreamOffer {
  upgrade: 'websocket' | 'spdy';
  /** Path and query. */
  path: string;
  /** What may be spoken over it, in order of preference. */
  protocols: readonly string[];
}

export interface StreamRequest {
  /** What is remembered of refused offers holds for one subresource. */
  subresource: 'exec' | 'attach' | 'portforward';
  /** In the order in which they are tried. */
  offers: readonly StreamOffer[];
  signal?: AbortSignal | undefined;
}

export interface OpenedStream {
  upgrade: StreamOffer['upgrade'];
  /** The one that the server chose. */
  protocol: string;
  /** Raw, and paused. */
  stream: Duplex;
}

export interface PortForwardRequest {
  namespace: string;
  pod: string;
  /** Keeps a pod apart from a later one of the same name: connections of both share nothing then. */
  uid?: string;
  port: number;
  /** Ends the opening; the stream is the caller's. */
  signal?: AbortSignal | undefined;
}

export interface ClusterClient extends AsyncDisposable {
  /** Fires when it is closed: what goes on by itself ends then. */
  readonly closed: AbortSignal;
  /** The API servers that its requests go to, and how each is. */
  readonly servers: ApiServers;
  /** `resource<Deployment>('apps/v1', 'deployments')`: apiVersion and plural. */
  resource<T extends KubeObject>(apiVersion: string, plural: string): ResourceClient<T>;
  /** The same resource with nothing but metadata in every answer: what a cache of many kinds can afford. */
  metadata(apiVersion: string, plural: string): ResourceClient<PartialObject>;
  /** Any request with this client's credentials; answers of any status are returned, not thrown. */
  request(request: RawRequest): Promise<RawResponse>;
  /** A WebSocket to the API server; resolves after a valid 101 with the chosen subprotocol, else throws StatusError. */
  openWebSocket(request: {
    path: string;
    subprotocols: readonly string[];
    signal?: AbortSignal | undefined;
  }): Promise<{ subprotocol: string; stream: Duplex; headers: ReadonlyMap<string, string> }>;
  /**
   * Streams into a pod, by the first of the offers that the server takes; what it has refused is not asked again for a while.
   * Throws StatusError for an answer that no other protocol would change, or when all are refused.
   */
  openStream(request: StreamRequest): Promise<OpenedStream>;
  /**
   * A connection to a port of a pod, with half-close. Several share a transport; one that is lost fails its own
   * connections, and the next opens another. What the node says of a connection that failed is its stream's error.
   */
  portForward(request: PortForwardRequest): Promise<Duplex>;
}

/** A cache of one resource kept by list and watch. Objects in it must not be changed. */
export interface Informer<T extends KubeObject> {
  /** Resolves when the first list is in. Rejects when the informer ends before. */
  readonly synced: Promise<void>;
  /** `namespace/name`, or `name` for cluster-scoped ones. */
  get(key: string): T | undefined;
  list(): readonly T[];
  /** Objects whose index function gave this value. */
  byIndex(index: string, value: string): readonly T[];
  /**
   * Called for every change, `previous` absent when new, `next` absent when gone; first for what is there. Returns a function
   * that ends it. What the listener throws is an uncaught error of the process; the cache and its other listeners go on.
   */
  onChange(listener: (next: T | undefined, previous: T | undefined) => void): () => void;
}
