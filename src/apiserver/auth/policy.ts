/** Everything by which an API server decides about requests, made for the server's own view of the objects. */
import type { AdmissionPlugin } from '../admission/admission.ts';
import type { ObjectReader } from '../connect/connector.ts';
import type { VirtualResource } from '../resources/virtual-resource.ts';
import type { Authenticator, Authorizer } from './types.ts';

export interface ApiPolicy {
  authenticator: Authenticator;
  authorizer: Authorizer;
  /** In the order in which they run. */
  admission: readonly AdmissionPlugin[];
  virtual: readonly VirtualResource[];
}

export type PolicyFactory = (store: ObjectReader) => ApiPolicy;
