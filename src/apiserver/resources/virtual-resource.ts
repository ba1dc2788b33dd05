/** Kinds that are answered and never stored: reviews, token requests, bindings. Only the verb create exists for them. */
import type { GroupResource, GroupVersionKind } from '../../api/group-version.ts';
import type { KubeObject } from '../../api/object.ts';
import type { UserInfo } from '../auth/types.ts';

export interface VirtualRequest {
  /** '' for cluster-scoped ones. */
  namespace: string;
  /** The parent object's name for a subresource, else ''. */
  name: string;
  /** Decoded, its apiVersion and kind checked against `objectKind`. */
  object: KubeObject;
  user: UserInfo;
  now: Date;
  dryRun: boolean;
  /**
   * Reads, changes and writes a stored object, again after a conflict; `change` works in place on a copy and may throw
   * `StatusError`. Authorization and validation of the kind do not run: the virtual resource answers for the change.
   */
  change<T extends KubeObject>(
    resource: GroupResource,
    namespace: string,
    name: string,
    change: (object: T) => void,
  ): Promise<T>;
  /** Deletes as the verb does, grace period included; `options` is a `DeleteOptions` body. */
  remove(resource: GroupResource, namespace: string, name: string, options: object): Promise<void>;
}

export interface VirtualResource {
  /** Where it is served and listed in discovery: `authorization.k8s.io/v1`, or the parent's group and version. */
  group: string;
  version: string;
  /** Plural: `selfsubjectaccessreviews`; the parent's plural where there is a `subresource`. */
  plural: string;
  singular: string;
  namespaced: boolean;
  /** `token` of `serviceaccounts/token`. */
  subresource?: string;
  /** The kind of request and answer bodies. */
  objectKind: GroupVersionKind;
  /** The answer's body, sent with 201. Throws `StatusError`. */
  create(request: VirtualRequest): Promise<KubeObject>;
}
