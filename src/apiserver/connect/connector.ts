/** The seam between the API server's pipeline and the subresources that connect to something: log, exec, proxy, portforward. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { GroupResource } from '../../api/group-version.ts';
import type { KubeObject } from '../../api/object.ts';
import type { UserInfo } from '../auth/types.ts';
import type { RequestInfo } from '../request-info.ts';

/** Read access to stored objects, at least as new as the last acknowledged write. Objects must not be changed. */
export interface ObjectReader {
  /** `namespace` is '' for cluster-scoped resources. Undefined when there is no such object. */
  get<T extends KubeObject>(resource: GroupResource, namespace: string, name: string): Promise<T | undefined>;
  /** All objects of a namespace; of all namespaces when it is ''. */
  list<T extends KubeObject>(resource: GroupResource, namespace: string): Promise<readonly T[]>;
}

export interface ConnectRequest {
  info: RequestInfo;
  user: UserInfo;
  /** Its url is what the client sent; its body is unread. */
  request: IncomingMessage;
  /** Set for an upgrade request: the raw connection and the bytes that came after the head. `response` is then absent. */
  socket?: Duplex;
  head?: Buffer;
  /** Set for every other request. */
  response?: ServerResponse;
  store: ObjectReader;
  /** Fires when the server stops or the client has gone. */
  signal: AbortSignal;
}

/**
 * Answers one request that passed authentication and authorization, and settles when the exchange is over.
 * Throws `StatusError` only while no byte of an answer was sent: the caller then writes the Status (as an HTTP response
 * on the raw socket for an upgrade, which it closes). After the first byte nothing is thrown: what fails is cut off.
 */
export type Connector = (connect: ConnectRequest) => Promise<void>;
