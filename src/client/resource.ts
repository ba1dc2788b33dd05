/** What a program asks of one kind: the typed face of the Kubernetes API. */
import type { KubeList, KubeObject, UnstructuredObject } from '../api/object.ts';
import type { Status } from '../api/status.ts';
import type { TokenRequest } from '../api/types/authentication-v1.ts';
import type { Scale } from '../api/types/autoscaling-v1.ts';
import type { Binding } from '../api/types/core-v1.ts';
import type { Eviction } from '../api/types/policy-v1.ts';
import type {
  CallOptions,
  DeleteOptions,
  Informer,
  ListQuery,
  PatchType,
  WatchEvent,
  WriteOptions,
} from './cluster-client.ts';
import type { InformerOptions } from './informer.ts';

/** Where an object is; without a namespace in the configuration's, for kinds that live in one. */
export interface InNamespace {
  namespace?: string | undefined;
}

/** What is meant: without a namespace, in all of them. */
export type Selection = Pick<ListQuery, 'namespace' | 'labelSelector' | 'fieldSelector'>;

export interface ListOptions extends Selection, CallOptions {
  /** Objects per request; 500 unless told. */
  pageSize?: number;
  /** `0`: any state that the server has at hand. */
  resourceVersion?: string;
  resourceVersionMatch?: 'Exact' | 'NotOlderThan';
}

/**
 * A list that is asked for as it is read, as it was when the first page came. Read for longer than the server knows that state
 * (minutes), it throws StatusError with code 410.
 */
export interface Listing<T extends KubeObject> extends AsyncIterable<T> {
  /** One page, the first one or the one after `continueToken` (`metadata.continue` of the one before). */
  page(continueToken?: string): Promise<KubeList<T>>;
  /** Everything, in memory. What takes too long for pages is asked for anew without them. */
  toArray(): Promise<T[]>;
}

export interface WatchOptions extends Selection, CallOptions {
  /** Changes after this one. Absent: begins with everything that is there, as ADDED. */
  resourceVersion?: string;
  /** Bookmarks are passed on too: how far the watch is, with nothing of the object but its resourceVersion. */
  bookmarks?: boolean;
  /** Told of each failure that is tried again; by default the handler of `connect` is. */
  onError?: (error: unknown) => void;
}

export interface PatchOptions extends WriteOptions, InNamespace {
  /** Merge patch (RFC 7386) unless told. */
  type?: Exclude<PatchType, 'application/apply-patch+yaml'>;
}

export interface ApplyOptions extends WriteOptions {
  /** Who owns the fields that are set: a name of this program. */
  fieldManager: string;
  /** Takes fields over that belong to others; without it that is a Conflict. */
  force?: boolean;
}

export type DeepPartial<T> = T extends (infer Item)[]
  ? DeepPartial<Item>[]
  : T extends object
    ? { [Key in keyof T]?: DeepPartial<T[Key]> }
    : T;

/** The fields that the caller wants to own, and no others. */
export type Applied<T extends KubeObject> = DeepPartial<T> & Pick<T, 'apiVersion' | 'kind' | 'metadata'>;

/** Subresources that are objects of a kind of their own; the others have their parent's. */
export interface SubresourceTypes {
  scale: Scale;
  token: TokenRequest;
  eviction: Eviction;
  binding: Binding;
}

export interface Subresource<Body, Created> {
  get(options?: CallOptions): Promise<Body>;
  create(body: Body, options?: WriteOptions): Promise<Created>;
  /** Replaces; the body's resourceVersion must be the current one, where it has one. */
  update(body: Body, options?: WriteOptions): Promise<Body>;
  patch(patch: unknown, options?: Omit<PatchOptions, 'namespace'>): Promise<Body>;
  apply(body: DeepPartial<Body>, options: ApplyOptions): Promise<Body>;
}

type SubresourceBody<T, Name> = Name extends keyof SubresourceTypes
  ? SubresourceTypes[Name]
  : Name extends 'status' | 'resize' | 'ephemeralcontainers'
    ? T
    : UnstructuredObject;

/** Every call throws `StatusError` for what the server refused and `ConnectionError` where no answer came, or only a part. */
export interface Resource<T extends KubeObject> {
  readonly apiVersion: string;
  readonly kind: string;
  get(name: string, options?: CallOptions & InNamespace): Promise<T>;
  list(options?: ListOptions): Listing<T>;
  /**
   * Goes on for as long as it is read: resumes where a connection ended; after 410 it compares what is there with what it
   * told before and tells the difference, for which it keeps each object's last state. An object that went meanwhile is
   * told as DELETED with that state. Throws what cannot mend itself: refusals but 410 and 429, and a first request without an
   * answer. Each iteration is a watch of its own; it ends by `break`, or by `return()` while an event is waited for. An iterator
   * that some events were taken from by hand can be iterated for the rest.
   */
  watch(options?: WatchOptions): { [Symbol.asyncIterator](): AsyncIterableIterator<WatchEvent<T>> };
  /** Into the object's own namespace, or the configuration's. */
  create(object: T, options?: WriteOptions): Promise<T>;
  /** Replaces. With a resourceVersion in the object only if it is the current one, else Conflict. */
  update(object: T, options?: WriteOptions): Promise<T>;
  patch(name: string, patch: unknown, options?: PatchOptions): Promise<T>;
  /** Server-side apply: makes or changes the object so that the fields given are as given. */
  apply(object: Applied<T>, options: ApplyOptions): Promise<T>;
  /** The Status, or the object where it goes later (finalizers, grace). */
  delete(name: string, options?: CallOptions & DeleteOptions & InNamespace): Promise<T | Status>;
  /** Everything that matches, in one namespace (which must be named where the kind has them). */
  deleteCollection(options: CallOptions & DeleteOptions & Selection): Promise<void>;
  subresource<Name extends string>(
    name: string,
    subresource: Name,
    options?: InNamespace,
  ): Subresource<SubresourceBody<T, Name>, Name extends 'eviction' | 'binding' ? Status : SubresourceBody<T, Name>>;
  /**
   * A cache that list and watch keep; until the signal fires, or the cluster is closed. Whatever fails is tried again, refusals
   * too, and told to `onError`, by default to the handler of `connect`.
   */
  informer(
    options?: Omit<InformerOptions<T>, 'resource' | 'signal' | 'query'> & Selection & CallOptions,
  ): Informer<T> & {
    /** Resolves when it has ended. */
    readonly done: Promise<void>;
  };
}
