/** Objects are made only in namespaces that exist and are not going away; three namespaces never go away. */

import { forbidden, notFound, StatusError } from '../../api/status.ts';
import type { Namespace } from '../../api/types/core-v1.ts';
import type { ObjectReader } from '../connect/connector.ts';
import type { AdmissionPlugin } from './admission.ts';

const protectedNamespaces = new Set(['default', 'kube-system', 'kube-public']);
const namespaces = { group: '', resource: 'namespaces' };

export function namespaceLifecycle(store: ObjectReader): AdmissionPlugin {
  return {
    name: 'NamespaceLifecycle',
    async admit({ operation, resource, namespace, name, subresource, object }) {
      if (operation === 'DELETE' && resource.group === '' && resource.plural === 'namespaces') {
        if (protectedNamespaces.has(name)) throw forbidden(namespaces, name, 'this namespace may not be deleted');
        return;
      }
      if (operation !== 'CREATE' || !resource.namespaced || subresource !== '') return;
      const found = await store.get<Namespace>(namespaces, '', namespace);
      if (found === undefined) throw notFound(namespaces, namespace);
      if (found.metadata.deletionTimestamp !== undefined || found.status?.phase === 'Terminating') {
        throw terminating({ group: resource.group, resource: resource.plural }, object?.metadata.name ?? '', namespace);
      }
    },
  };
}

/** Clients tell this 403 from others by its cause. */
function terminating(resource: { group: string; resource: string }, name: string, namespace: string): StatusError {
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  const { status } = forbidden(resource, name, why);
  return new StatusError({
    code: 403,
    reason: 'Forbidden',
    message: status.message ?? why,
    details: {
      ...status.details,
      causes: [
        {
          reason: 'NamespaceTerminating',
          message: `namespace ${namespace} is being terminated`,
          field: 'metadata.namespace',
        },
      ],
    },
  });
}
