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
  /** Field number in protobuf; `2.1` is field 1 of the message that Go embeds as field 2. Absent: not in protobuf. */
  number?: string;
  /** The Go field is a pointer: a zero that was given stays. */
  pointer?: true;
  /** What Go's JSON encoder leaves out: zero scalars and empty lists, or also structs that are all zero. */
  omit?: 'empty' | 'zero';
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
