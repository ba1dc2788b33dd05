/** Owner references, after `apimachinery/pkg/apis/meta/v1/controller_ref.go`. */
import type { KubeObject, OwnerReference } from '../api/object.ts';

/** The owner that manages this object. */
export function controllerOf({ metadata }: KubeObject): OwnerReference | undefined {
  return metadata.ownerReferences?.find(({ controller }) => controller === true);
}

export function controllerReference(owner: KubeObject): OwnerReference {
  const { name = '', uid = '' } = owner.metadata;
  return { apiVersion: owner.apiVersion, kind: owner.kind, name, uid, controller: true, blockOwnerDeletion: true };
}

/** A strategic merge patch that makes `owner` the object's controller; refused if the object was replaced meanwhile. */
export function adoptionPatch(owner: KubeObject, object: KubeObject): unknown {
  return { metadata: { ownerReferences: [controllerReference(owner)], uid: object.metadata.uid } };
}

/** A strategic merge patch that takes `owner` out of the object's owners. */
export function releasePatch(owner: KubeObject, object: KubeObject): unknown {
  return {
    metadata: { ownerReferences: [{ $patch: 'delete', uid: owner.metadata.uid }], uid: object.metadata.uid },
  };
}
