import type { KubeObject } from '../api/object.ts';

/** The key by which an informer knows an object: `namespace/name`, or `name`. */
export function objectKey({ metadata: { namespace, name = '' } }: KubeObject): string {
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
}
