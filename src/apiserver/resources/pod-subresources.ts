/** `pods/binding`, by which a scheduler puts a pod on a node, and `pods/eviction`. */

import type { KubeObject } from '../../api/object.ts';
import type { FieldError } from '../../api/status.ts';
import { conflict, forbidden, invalid } from '../../api/status.ts';
import type { Binding, Pod } from '../../api/types/core-v1.ts';
import type { VirtualResource } from './virtual-resource.ts';

const pods = { group: '', resource: 'pods' };
const parent = { group: '', version: 'v1', plural: 'pods', singular: '', namespaced: true };

export const podBinding: VirtualResource = {
  ...parent,
  subresource: 'binding',
  objectKind: { group: '', version: 'v1', kind: 'Binding' },
  async create({ object, namespace, name, now, dryRun, change }) {
    const { target, metadata } = object as Binding;
    const errors = targetErrors(target);
    if (errors.length > 0) throw invalid({ group: '', version: 'v1', kind: 'Binding' }, name, errors);
    const bind = (pod: Pod) => {
      const spec = pod.spec ?? { containers: [] };
      if (pod.metadata.deletionTimestamp !== undefined) {
        throw conflict(
          { group: '', resource: 'pods/binding' },
          name,
          `pod ${name} is being deleted, cannot be assigned to a host`,
        );
      }
      if ((spec.nodeName ?? '') !== '') {
        throw conflict(
          { group: '', resource: 'pods/binding' },
          name,
          `pod ${name} is already assigned to node ${JSON.stringify(spec.nodeName)}`,
        );
      }
      const uid = metadata.uid ?? '';
      if (uid !== '' && uid !== pod.metadata.uid) {
        const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${pod.metadata.uid ?? ''}`;
        throw conflict(pods, name, why);
      }
      spec.nodeName = target.name ?? '';
      if (metadata.annotations !== undefined)
        pod.metadata.annotations = { ...pod.metadata.annotations, ...metadata.annotations };
      const conditions = (pod.status?.conditions ?? []).filter(({ type }) => type !== 'PodScheduled');
      const lastTransitionTime = `${now.toISOString().slice(0, 19)}Z`;
      pod.status = {
        ...pod.status,
        conditions: [...conditions, { type: 'PodScheduled', status: 'True', lastTransitionTime }],
      };
    };
    if (!dryRun) await change<Pod>(pods, namespace, name, bind);
    return success();
  },
};

function targetErrors({ kind = '', name = '' }: Binding['target']): FieldError[] {
  const errors: FieldError[] = [];
  if (kind !== '' && kind !== 'Node') {
    errors.push({
      reason: 'FieldValueNotSupported',
      field: 'target.kind',
      message: `Unsupported value: ${JSON.stringify(kind)}: supported values: "Node", "<empty>"`,
    });
  }
  if (name === '') errors.push({ reason: 'FieldValueRequired', field: 'target.name', message: 'Required value' });
  return errors;
}

/** Disruption budgets are not served, so an eviction is a deletion that may be refused one day. */
export const podEviction: VirtualResource = {
  ...parent,
  subresource: 'eviction',
  objectKind: { group: 'policy', version: 'v1', kind: 'Eviction' },
  async create({ object, namespace, name, dryRun, remove }) {
    const { name: given = name } = object.metadata;
    if (given !== name) throw forbidden(pods, name, `the eviction names another pod, ${JSON.stringify(given)}`);
    const { deleteOptions } = object as KubeObject & { deleteOptions?: object };
    if (!dryRun) await remove(pods, namespace, name, deleteOptions ?? {});
    return success();
  },
};

function success(): KubeObject {
  const answer = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
  return answer;
}
