/** The `scale` subresource: an `autoscaling/v1` Scale in place of the object, whatever the kind. */

import { fieldElement } from '../../api/apply/field-element.ts';
import { ownersForScale, ownersFromScale } from '../../api/apply/scale-owners.ts';
import type { KubeObject } from '../../api/object.ts';
import { invalid } from '../../api/status.ts';
import { cloneJson } from '../../lib/clone-json.ts';
import type { ScaleMapping } from '../resources/resource.ts';
import type { ServedResource } from '../served-resource.ts';
import type { StoredObject } from '../stored-object.ts';
import type { Facet } from './facet.ts';
import type { FieldOwnership } from './ownership.ts';

const SCALE = { group: 'autoscaling', version: 'v1', kind: 'Scale' } as const;

interface Scale extends KubeObject {
  spec?: { replicas?: number };
  status?: { replicas: number; selector?: string };
}

export function scaleFacet({ definition, apiVersion }: ServedResource, mapping: ScaleMapping<KubeObject>): Facet {
  const { columns: _columns, ...plain } = definition;
  return {
    definition: plain,
    kind: SCALE,
    part: 'main',
    ownership: scaleOwnership(apiVersion, mapping),
    verbs: ['get', 'update', 'patch'],
    show: (stored) => showScale(stored, mapping),
    merge(stored, sent: Scale) {
      const replicas = sent.spec?.replicas ?? 0;
      if (!Number.isInteger(replicas) || replicas < 0) {
        const message = `Invalid value: ${JSON.stringify(replicas)}: must be greater than or equal to 0`;
        throw invalid(SCALE, stored.metadata.name ?? '', [
          { reason: 'FieldValueInvalid', field: 'spec.replicas', message },
        ]);
      }
      const next = cloneJson(stored);
      mapping.setSpecReplicas(next, replicas);
      const { uid, resourceVersion } = sent.metadata;
      if (uid !== undefined && uid !== '') next.metadata.uid = uid;
      if (resourceVersion === undefined) delete next.metadata.resourceVersion;
      else next.metadata.resourceVersion = resourceVersion;
      return next;
    },
  };
}

/** A Scale's owners are those of the number in the object itself. */
function scaleOwnership(apiVersion: string, mapping: ScaleMapping<KubeObject>): FieldOwnership {
  const path = mapping.specReplicasPath.map(fieldElement);
  return {
    changeable: () => true,
    view(stored) {
      const scale = scaleOf(stored, mapping);
      const managedFields = ownersForScale(stored.metadata.managedFields ?? [], apiVersion, path);
      return { ...scale, metadata: { ...scale.metadata, managedFields } };
    },
    owners: ({ metadata }, entries = []) => ownersFromScale(metadata.managedFields ?? [], entries, apiVersion, path),
  };
}

function showScale({ key, revision, object }: StoredObject, mapping: ScaleMapping<KubeObject>): StoredObject {
  const scale = scaleOf(object, mapping);
  return { key, revision, object: scale, bytes: Buffer.from(JSON.stringify(scale)) };
}

function scaleOf(object: KubeObject, mapping: ScaleMapping<KubeObject>): Scale {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const metadata = { name, namespace, uid, resourceVersion, creationTimestamp };
  const replicas = mapping.specReplicas(object);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: JSON.parse(JSON.stringify(metadata)),
    spec: replicas === 0 ? {} : { replicas },
    status: { replicas: mapping.statusReplicas(object), selector: mapping.selector(object) },
  };
}
