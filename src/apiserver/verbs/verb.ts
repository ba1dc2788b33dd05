/** What every verb is given. */
import type { AdmissionPlugin } from '../admission/admission.ts';
import type { Authorizer } from '../auth/types.ts';
import type { Exchange } from '../exchange.ts';
import type { ResourceIndex, ServedResource } from '../served-resource.ts';
import type { Storage } from '../storage/storage.ts';

/** The server's parts that verbs work with. */
export interface ApiContext {
  readonly resources: ResourceIndex;
  readonly storage: Storage;
  readonly admission: readonly AdmissionPlugin[];
  /** For what a request turns out to be besides what its path and method say. */
  readonly authorizer: Authorizer;
  now(): Date;
  /** Fires when the server begins to stop: watches then end. */
  readonly signal: AbortSignal;
}

/** One request for one kind. `namespace` is '' for cluster-scoped kinds, `name` '' for collections. */
export interface VerbCall {
  readonly api: ApiContext;
  readonly exchange: Exchange;
  readonly served: ServedResource;
  readonly namespace: string;
  readonly name: string;
}

/** Answers the request, or throws `StatusError` before it has begun to. */
export type Verb = (call: VerbCall) => Promise<void>;
