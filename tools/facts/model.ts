/** What the generator knows of Kubernetes' types, whatever the source it was read from. */
import type { GroupVersionKind } from '../../src/api/group-version.ts';

export type TypeRef =
  | { kind: 'scalar'; name: ScalarName }
  | { kind: 'named'; package: string; name: string }
  | { kind: 'list'; of: TypeRef }
  | { kind: 'map'; of: TypeRef };

export type ScalarName =
  | 'string'
  | 'boolean'
  | 'int32'
  | 'int64'
  | 'double'
  | 'bytes'
  | 'quantity'
  | 'intOrString'
  | 'time'
  | 'microTime'
  | 'object'
  | 'json';

export interface Field {
  name: string;
  type: TypeRef;
  required: boolean;
  default?: unknown;
  patchMergeKey?: string;
  patchStrategy?: string;
  listType?: string;
  listMapKeys?: readonly string[];
  mapType?: string;
}

export interface ModelType {
  /** `core.v1`, `meta.v1`: the last two parts of the definition's package. */
  package: string;
  name: string;
  gvks: readonly GroupVersionKind[];
  fields: readonly Field[];
  mapType?: string;
  /** Set for the few types of apiextensions that are one thing or another. */
  either?: 'array' | 'boolean' | 'strings';
}
