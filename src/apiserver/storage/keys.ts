/**
 * Where an object lies in the store: `/registry/GROUP/RESOURCE/NAMESPACE/NAME`, without the NAMESPACE part for
 * cluster-scoped kinds. The core group, whose name is empty, is written `core`.
 */
import type { GroupResource } from '../../api/group-version.ts';

export interface ObjectKey extends GroupResource {
  /** Absent for a cluster-scoped object. */
  namespace?: string;
  name: string;
}

const root = '/registry/';

/** The prefix of a resource's objects, or of those in one namespace; ends with a slash. */
export function keyPrefix({ group, resource }: GroupResource, namespace?: string): string {
  const base = `${root}${segment(group === '' ? 'core' : group)}/${segment(resource)}/`;
  return namespace === undefined ? base : `${base}${segment(namespace)}/`;
}

/** The key of one object. Throws RangeError for a part that is empty or holds a slash: it would leave its prefix. */
export function formatKey({ namespace, name, ...resource }: ObjectKey): string {
  return `${keyPrefix(resource, namespace)}${segment(name)}`;
}

/** Undefined for a text that `formatKey` does not make. */
export function parseKey(key: string): ObjectKey | undefined {
  if (!key.startsWith(root)) return undefined;
  const parts = key.slice(root.length).split('/');
  if (parts.some((part) => part === '')) return undefined;
  const [groupPart, resource, third, fourth, fifth] = parts;
  if (groupPart === undefined || resource === undefined || third === undefined || fifth !== undefined) return undefined;
  const group = groupPart === 'core' ? '' : groupPart;
  return fourth === undefined ? { group, resource, name: third } : { group, resource, namespace: third, name: fourth };
}

function segment(text: string): string {
  if (text === '' || text.includes('/')) throw new RangeError(`"${text}" cannot be a part of a storage key`);
  return text;
}
