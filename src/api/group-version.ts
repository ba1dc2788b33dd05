/** Names of kinds and resources: group, version, kind (GVK) and group, version, resource (GVR). The core group is ''. */

export interface GroupVersion {
  group: string;
  version: string;
}

export interface GroupVersionKind extends GroupVersion {
  kind: string;
}

export interface GroupVersionResource extends GroupVersion {
  /** Plural, lower case: `deployments`. */
  resource: string;
}

export interface GroupResource {
  group: string;
  resource: string;
}

/** `apps/v1` or `v1`: the value of an object's apiVersion field. */
export function formatApiVersion({ group, version }: GroupVersion): string {
  return group === '' ? version : `${group}/${version}`;
}

/** Undefined when the text has more than one slash or an empty part. */
export function parseApiVersion(text: string): GroupVersion | undefined {
  const parts = text.split('/');
  if (parts.some((part) => part === '')) return undefined;
  const [first, second, third] = parts;
  if (first === undefined || third !== undefined) return undefined;
  return second === undefined ? { group: '', version: first } : { group: first, version: second };
}

/** `deployments.apps`, or `pods` for the core group: how resources are named to people. */
export function formatGroupResource({ group, resource }: GroupResource): string {
  return group === '' ? resource : `${resource}.${group}`;
}

/** The path below which a version's resources live: `/api/v1` or `/apis/apps/v1`. */
export function apiRoot({ group, version }: GroupVersion): string {
  return group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
}
