/** What a plugin on writes sees and may do. The verbs run the plugins in the order of the list they are given. */
import type { KubeObject } from '../../api/object.ts';
import type { UserInfo } from '../auth/types.ts';
import type { ResourceDefinition } from '../resources/resource.ts';

export interface AdmissionAttributes {
  operation: 'CREATE' | 'UPDATE' | 'DELETE';
  resource: Pick<ResourceDefinition, 'group' | 'version' | 'kind' | 'plural' | 'namespaced'>;
  /** '' for the main resource; `status`, `scale`, `token`… */
  subresource: string;
  /** '' for cluster-scoped resources. */
  namespace: string;
  /** The object's name; '' for a create whose name will be generated. */
  name: string;
  /** What will be written, after defaults; absent on DELETE. Only `admit` and `reserve` may change it. */
  object: KubeObject | undefined;
  /** What is stored now; absent on CREATE. Must not be changed. */
  previous: KubeObject | undefined;
  user: UserInfo;
  dryRun: boolean;
}

/** Called once, whatever became of the write: frees what was reserved, for stored objects now speak for themselves. */
export type ReservationEnd = (stored: boolean) => void;

/**
 * Each step may throw `StatusError` to refuse. Order of a write: applyDefaults, all `admit`, prepareForCreate or
 * prepareForUpdate, all `reserve`, validate (and validateUpdate), all `validate`, the write, all reservation ends.
 * When a write is tried again after a conflict, all of it runs again on the new attempt's object.
 */
export interface AdmissionPlugin {
  readonly name: string;
  /** May change `object` in place. */
  admit?(attributes: AdmissionAttributes): Promise<void> | void;
  /** Takes what must be unique in the cluster (an address, a port) and writes it into `object`. */
  reserve?(attributes: AdmissionAttributes): Promise<ReservationEnd | undefined>;
  validate?(attributes: AdmissionAttributes): Promise<void> | void;
}
