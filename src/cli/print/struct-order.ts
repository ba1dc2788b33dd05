/** The order in which kubectl writes the JSON of what it made or read as a Go struct, not as a map. */
import { parseApiVersion } from '../../api/group-version.ts';
import type { FieldType } from '../../api/schema/field.ts';
import { type ObjectSchema, schemaOf, structOf } from '../../api/schema/schema.ts';
import type { FieldOrder } from '../../lib/go-json.ts';
import { oddStructs } from './odd-structs.ts';

/** Of a List whose items are maps. */
export const listOrder: FieldOrder = {
  place: (field) => ['kind', 'apiVersion', 'metadata', 'items'].indexOf(field),
  inside: () => undefined,
};

/** Undefined for kinds that Kubernetes does not define: maps to kubectl too. */
export function structOrder({ apiVersion, kind }: Readonly<Record<string, unknown>>): FieldOrder | undefined {
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') return undefined;
  const version = parseApiVersion(apiVersion);
  const schema = version && schemaOf({ ...version, kind });
  return schema && orderOf(schema);
}

function orderOf(schema: ObjectSchema): FieldOrder {
  const places = new Map(fieldsInOrder(schema).map((field, place) => [field, place]));
  return {
    place: (field) => places.get(field) ?? places.size,
    inside(field) {
      const type = schema.fields.get(field)?.type;
      return type && insideOf(type);
    },
  };
}

function insideOf(type: FieldType): FieldOrder | undefined {
  if (type.kind === 'list') return insideOf(type.of);
  if (type.kind === 'struct') return orderOf(structOf(type));
  if (type.kind === 'scalar') return undefined;
  const inside = insideOf(type.of);
  return inside && { place: () => 0, inside: () => inside };
}

function fieldsInOrder(schema: ObjectSchema): string[] {
  const odd = oddStructs[`${schema.package}.${schema.name}`]?.trim().split(/\s+/);
  if (odd !== undefined) return schema.isKind ? ['kind', 'apiVersion', ...odd] : odd;
  const numbers = new Map([...schema.fields.values()].map((field) => [field.name, field.numbers]));
  const rank = (name: string): number => {
    const [outer, inner = 0] = numbers.get(name) ?? [];
    if (outer !== undefined) return outer + inner / 1000;
    return name === 'kind' ? -2 : -1;
  };
  return [...numbers.keys()].sort((a, b) => rank(a) - rank(b));
}
