/**
 * Who asks, and may they: the types between the request pipeline, authenticators and authorizers.
 * Beside these: `../admission/admission.ts` (plugins on writes) and `../resources/virtual-resource.ts` (create-only kinds).
 */

export interface UserInfo {
  name: string;
  uid?: string;
  groups: readonly string[];
  extra?: Readonly<Record<string, readonly string[]>>;
}

/** What a request brought to prove who sends it; `credentials.ts` reads it from a request. */
export interface Credentials {
  /** Subject of a client certificate that TLS verified against the cluster's CA. */
  certificate?: { commonName: string; organizations: readonly string[]; fingerprint: string };
  /** From `Authorization: Bearer …`, or the WebSocket subprotocol that browsers must use instead. */
  bearerToken?: string;
}

/**
 * Undefined: no opinion, as when these credentials are not of this authenticator's sort.
 * Throws `StatusError` 401 when they are of its sort and not valid.
 */
export type Authenticator = (credentials: Credentials) => Promise<UserInfo | undefined>;

/** What is to be done, after `authorizer.Attributes`: the path is parsed once, and authorization never reads a URL. */
export interface AuthorizationAttributes {
  user: UserInfo;
  /** get, list, watch, create, update, patch, delete, deletecollection for resources; the lower-case method for paths. */
  verb: string;
  /** False: only `path` and `verb` count, and the other fields are ''. */
  resourceRequest: boolean;
  group: string;
  version: string;
  resource: string;
  subresource: string;
  /** '' for cluster-scoped resources and for requests across all namespaces. */
  namespace: string;
  /** '' for requests to a collection. */
  name: string;
  /** The URL's path, without query. */
  path: string;
}

export interface AuthorizationDecision {
  /** Undefined: no opinion, which in the end is a denial. */
  allowed: boolean | undefined;
  reason: string;
}

export type Authorizer = (attributes: AuthorizationAttributes) => Promise<AuthorizationDecision>;
