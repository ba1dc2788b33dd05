/** What a client demands of the stored object before it is changed; after `registry/rest` and `storage.Preconditions`. */
import type { KubeObject } from '../../api/object.ts';
import { conflict } from '../../api/status.ts';
import type { ServedResource } from '../served-resource.ts';

export interface Preconditions {
  uid?: string | undefined;
  resourceVersion?: string | undefined;
}

/** Throws `StatusError` 409. */
export function checkPreconditions(
  { resource }: ServedResource,
  { metadata }: KubeObject,
  { uid = '', resourceVersion = '' }: Preconditions,
): void {
  const name = metadata.name ?? '';
  if (uid !== '' && uid !== metadata.uid) {
    throw conflict(
      resource,
      name,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid ?? ''}`,
    );
  }
  if (resourceVersion !== '' && resourceVersion !== '0' && resourceVersion !== metadata.resourceVersion) {
    throw conflict(
      resource,
      name,
      'the object has been modified; please apply your changes to the latest version and try again',
    );
  }
}

/** The same for a delete, in the words that upstream has for it. Throws `StatusError` 409. */
export function checkDeletePreconditions(
  { kind: { group, kind } }: ServedResource,
  { metadata }: KubeObject,
  { uid = '', resourceVersion = '' }: Preconditions,
): void {
  const resource = { group, resource: kind };
  const name = metadata.name ?? '';
  if (uid !== '' && uid !== metadata.uid) {
    throw conflict(
      resource,
      name,
      `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid ?? ''}). ` +
        'The object might have been deleted and then recreated',
    );
  }
  if (resourceVersion !== '' && resourceVersion !== metadata.resourceVersion) {
    throw conflict(
      resource,
      name,
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record ` +
        `(${metadata.resourceVersion ?? ''}). The object might have been modified`,
    );
  }
}
