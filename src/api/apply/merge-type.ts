/**
 * How the values of a kind are merged: which lists have elements that can be told apart, what is one leaf as a whole.
 * Made from the generated facts, by the rules of `kube-openapi/pkg/schemaconv`.
 */
import type { GroupVersionKind } from '../group-version.ts';
import type { FieldSchema, FieldType, Scalar } from '../schema/field.ts';
import type { ObjectSchema } from '../schema/schema.ts';
import { schemaOf, structOf } from '../schema/schema.ts';
import { zeroOf } from '../schema/zero.ts';

export interface LeafType {
  readonly kind: 'leaf';
  readonly scalar: 'string' | 'number' | 'boolean' | 'any';
}

export interface MapType {
  readonly kind: 'map';
  /** One leaf: it is taken or left as a whole. */
  readonly atomic: boolean;
  readonly fields: ReadonlyMap<string, MergeType>;
  /** What members that are no fields are; undefined: there may be none. */
  readonly of: MergeType | undefined;
}

export interface ListType {
  readonly kind: 'list';
  readonly atomic: boolean;
  /** By which elements are told apart, sorted by name; none: the elements are scalars and tell themselves apart. */
  readonly keys: readonly ListKey[];
  readonly of: MergeType;
}

export interface ListKey {
  readonly name: string;
  /** What an element that does not say has; undefined: the key then is no part of its identity. */
  readonly default: unknown;
}

/** Known only from the value. `atomic`: lists and maps are leaves, otherwise only lists. */
export interface AnyType {
  readonly kind: 'any';
  readonly atomic: boolean;
}

export type MergeType = LeafType | MapType | ListType | AnyType;
/** What a value is once it is known. */
export type SettledType = LeafType | MapType | ListType;

const UNTYPED: AnyType = { kind: 'any', atomic: true };
const DEDUCED: AnyType = { kind: 'any', atomic: false };
const NO_NAMES: ReadonlyMap<string, MergeType> = new Map();
const ANY_LEAF: LeafType = { kind: 'leaf', scalar: 'any' };
const ANY_LIST: ListType = { kind: 'list', atomic: true, keys: [], of: UNTYPED };
const ATOMIC_MAP: MapType = { kind: 'map', atomic: true, fields: NO_NAMES, of: UNTYPED };
const OPEN_MAP: MapType = { kind: 'map', atomic: false, fields: NO_NAMES, of: DEDUCED };

/** The type that the value shows. Null can be anything, and is taken for a map. */
export function settle(type: MergeType, value: unknown): SettledType {
  if (type.kind !== 'any') return type;
  if (Array.isArray(value)) return ANY_LIST;
  if (typeof value === 'object' || value === undefined) return type.atomic ? ATOMIC_MAP : OPEN_MAP;
  return ANY_LEAF;
}

const STRING: LeafType = { kind: 'leaf', scalar: 'string' };
const NUMBER: LeafType = { kind: 'leaf', scalar: 'number' };
const SCALARS: Readonly<Record<Scalar, MergeType>> = {
  string: STRING,
  bytes: STRING,
  boolean: { kind: 'leaf', scalar: 'boolean' },
  int32: NUMBER,
  int64: NUMBER,
  double: NUMBER,
  quantity: ANY_LEAF,
  time: ANY_LEAF,
  microTime: ANY_LEAF,
  intOrString: DEDUCED,
  object: UNTYPED,
  json: DEDUCED,
};

const structs = new Map<ObjectSchema, Map<boolean, MergeType>>();

/** The type of a kind; of one that Kubernetes does not define, what its objects show. */
export function mergeTypeOf(kind: GroupVersionKind): MergeType {
  const schema = schemaOf(kind);
  return schema === undefined ? DEDUCED : structType(schema, schema.mapType);
}

class StructType implements MapType {
  readonly kind = 'map';
  readonly atomic: boolean;
  readonly of = undefined;
  readonly #schema: ObjectSchema;
  #fields: ReadonlyMap<string, MergeType> | undefined;

  constructor(schema: ObjectSchema, atomic: boolean) {
    this.#schema = schema;
    this.atomic = atomic;
  }

  /** Made when first asked for: some types contain themselves. */
  get fields(): ReadonlyMap<string, MergeType> {
    this.#fields ??= new Map([...this.#schema.fields.values()].map((field) => [field.name, typeOfField(field)]));
    return this.#fields;
  }
}

function structType(schema: ObjectSchema, mapType: string | undefined): MergeType {
  if (schema.either !== undefined) return DEDUCED;
  const atomic = mapType === 'atomic';
  if (schema.fields.size === 0) return atomic ? UNTYPED : OPEN_MAP;
  let variants = structs.get(schema);
  if (variants === undefined) {
    variants = new Map();
    structs.set(schema, variants);
  }
  let type = variants.get(atomic);
  if (type === undefined) {
    type = new StructType(schema, atomic);
    variants.set(atomic, type);
  }
  return type;
}

function typeOf(type: FieldType): MergeType {
  switch (type.kind) {
    case 'scalar':
      return SCALARS[type.scalar];
    case 'struct': {
      const schema = structOf(type);
      return structType(schema, schema.mapType);
    }
    case 'map':
      return { kind: 'map', atomic: false, fields: NO_NAMES, of: typeOf(type.of) };
    case 'list':
      return { kind: 'list', atomic: true, keys: [], of: typeOf(type.of) };
  }
}

function typeOfField(field: FieldSchema): MergeType {
  const { type } = field;
  switch (type.kind) {
    case 'struct': {
      const schema = structOf(type);
      return structType(schema, field.mapType ?? schema.mapType);
    }
    case 'map':
      return { kind: 'map', atomic: field.mapType === 'atomic', fields: NO_NAMES, of: typeOf(type.of) };
    case 'list':
      return listType(field, type.of);
    default:
      return typeOf(type);
  }
}

function listType(field: FieldSchema, element: FieldType): ListType {
  const of = typeOf(element);
  const names = keysOf(field);
  if (names === undefined) return { kind: 'list', atomic: true, keys: [], of };
  const fields = element.kind === 'struct' ? structOf(element).fields : undefined;
  const keys = names.toSorted().map((name) => ({ name, default: keyDefault(fields?.get(name)) }));
  return { kind: 'list', atomic: false, keys, of };
}

/** Undefined for a list that is one leaf. */
function keysOf({ listType: written, listMapKeys = [], patchStrategies, patchMergeKey }: FieldSchema) {
  if (written === 'map') return listMapKeys;
  if (written === 'set') return [];
  if (written !== undefined || !patchStrategies.includes('merge')) return undefined;
  return patchMergeKey === undefined ? [] : [patchMergeKey];
}

/** What Go has in a key that is not said: its default, or the zero of a field that is always written. */
function keyDefault(field: FieldSchema | undefined): unknown {
  if (field === undefined || field.default !== undefined) return field?.default;
  if (field.pointer || field.omit !== 'never' || field.type.kind !== 'scalar') return undefined;
  return zeroOf(field.type.scalar);
}
