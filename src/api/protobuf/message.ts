/** Decodes protobuf messages of Kubernetes' types into the JSON form that Go would write of them. */
import type { FieldSchema, FieldType, Scalar } from '../schema/field.ts';
import type { ObjectSchema } from '../schema/schema.ts';
import { structOf } from '../schema/schema.ts';
import { fillAbsent, isLeftOut, zeroOf } from '../schema/zero.ts';
import type { Plan } from './plan.ts';
import { planOf } from './plan.ts';
import { MalformedProtobuf, type WireReader, wireType } from './wire.ts';

type JsonObject = Record<string, unknown>;

/** No type of Kubernetes but CRD schemas nests in itself. */
const depthLimit = 100;

const scalarWireTypes: Readonly<Record<Scalar, number>> = {
  string: wireType.bytes,
  boolean: wireType.varint,
  int32: wireType.varint,
  int64: wireType.varint,
  double: wireType.fixed64,
  bytes: wireType.bytes,
  quantity: wireType.bytes,
  intOrString: wireType.bytes,
  time: wireType.bytes,
  microTime: wireType.bytes,
  object: wireType.bytes,
  json: wireType.bytes,
};

/** `raw` of RawExtension, FieldsV1 and JSON. */
function readRaw(reader: WireReader, scalar: Scalar): unknown {
  let raw: Buffer | undefined;
  while (!reader.done) {
    const tag = reader.tag();
    if (tag.number === 1 && tag.type === wireType.bytes) raw = reader.bytes();
    else reader.skip(tag.type);
  }
  if (raw === undefined || raw.length === 0) return undefined;
  try {
    const value: unknown = JSON.parse(raw.toString('utf8'));
    if (scalar === 'json' || (typeof value === 'object' && !Array.isArray(value))) return value ?? undefined;
  } catch {
    // Said below, with what is expected.
  }
  throw new MalformedProtobuf('a raw field holds no JSON object');
}

/** Whole seconds or microseconds; nothing for the zero time. */
function readTime(reader: WireReader, scalar: 'time' | 'microTime'): string | undefined {
  if (reader.done) return undefined;
  let seconds = 0;
  let nanos = 0;
  while (!reader.done) {
    const tag = reader.tag();
    if (tag.number === 1 && tag.type === wireType.varint) seconds = reader.int64();
    else if (tag.number === 2 && tag.type === wireType.varint) nanos = reader.int64();
    else reader.skip(tag.type);
  }
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime()) || nanos < 0 || nanos >= 1e9) throw new MalformedProtobuf('a time is out of range');
  const text = date.toISOString().slice(0, -5);
  return scalar === 'time' ? `${text}Z` : `${text}.${String(Math.floor(nanos / 1000)).padStart(6, '0')}Z`;
}

function readIntOrString(reader: WireReader): number | string {
  let type = 0;
  let int = 0;
  let text = '';
  while (!reader.done) {
    const tag = reader.tag();
    if (tag.number === 1 && tag.type === wireType.varint) type = reader.int64();
    else if (tag.number === 2 && tag.type === wireType.varint) int = reader.int64() | 0;
    else if (tag.number === 3 && tag.type === wireType.bytes) text = reader.text();
    else reader.skip(tag.type);
  }
  return type === 1 ? text : int;
}

function readQuantity(reader: WireReader): string {
  let text = '0';
  while (!reader.done) {
    const tag = reader.tag();
    if (tag.number === 1 && tag.type === wireType.bytes) text = reader.text();
    else reader.skip(tag.type);
  }
  return text;
}

function readScalar(reader: WireReader, scalar: Scalar): unknown {
  switch (scalar) {
    case 'string':
      return reader.text();
    case 'boolean':
      return reader.int64() !== 0;
    case 'int32':
      return reader.int64() | 0;
    case 'int64':
      return reader.int64();
    case 'double':
      return reader.double();
    case 'bytes':
      return reader.bytes().toString('base64');
    case 'quantity':
      return readQuantity(reader.part());
    case 'intOrString':
      return readIntOrString(reader.part());
    case 'time':
    case 'microTime':
      return readTime(reader.part(), scalar);
    case 'object':
    case 'json':
      return readRaw(reader.part(), scalar);
  }
}

/** A value that stands alone: a field, an element of a list, the value of a map's entry. */
function readValue(reader: WireReader, type: FieldType, given: number, depth: number): unknown {
  if (type.kind === 'scalar') {
    if (given !== scalarWireTypes[type.scalar])
      throw new MalformedProtobuf(`wire type ${given} is not a ${type.scalar}`);
    return readScalar(reader, type.scalar);
  }
  if (given !== wireType.bytes) throw new MalformedProtobuf(`wire type ${given} is not a message`);
  if (type.kind === 'struct') return readMessage(reader.part(), structOf(type), depth + 1);
  if (type.kind === 'map') throw new MalformedProtobuf('a map stands where none can be');
  // A list that is itself an element is wrapped into a message whose field 1 repeats.
  const items: unknown[] = [];
  const wrapper = reader.part();
  while (!wrapper.done) {
    const tag = wrapper.tag();
    if (tag.number === 1) items.push(readValue(wrapper, type.of, tag.type, depth + 1));
    else wrapper.skip(tag.type);
  }
  return items;
}

function readMapEntry(reader: WireReader, of: FieldType, into: JsonObject, depth: number): void {
  let key = '';
  let value: unknown;
  while (!reader.done) {
    const tag = reader.tag();
    if (tag.number === 1 && tag.type === wireType.bytes) key = reader.text();
    else if (tag.number === 2) value = readValue(reader, of, tag.type, depth);
    else reader.skip(tag.type);
  }
  if (of.kind === 'scalar') value ??= zeroOf(of.scalar);
  else if (of.kind === 'struct') value ??= fillAbsent({}, structOf(of));
  else value ??= [];
  if (key === '__proto__')
    Object.defineProperty(into, key, { value, enumerable: true, writable: true, configurable: true });
  else into[key] = value;
}

function readField(reader: WireReader, field: FieldSchema, given: number, into: JsonObject, depth: number): void {
  const { name, type } = field;
  if (type.kind === 'map') {
    if (given !== wireType.bytes) throw new MalformedProtobuf(`wire type ${given} is not an entry of ${name}`);
    into[name] ??= {};
    readMapEntry(reader.part(), type.of, into[name] as JsonObject, depth);
  } else if (type.kind === 'list') {
    into[name] ??= [];
    const list = into[name] as unknown[];
    const packed = type.of.kind === 'scalar' && scalarWireTypes[type.of.scalar] !== wireType.bytes;
    if (packed && given === wireType.bytes && type.of.kind === 'scalar') {
      const items = reader.part();
      while (!items.done) list.push(readScalar(items, type.of.scalar));
    } else list.push(readValue(reader, type.of, given, depth) ?? null);
  } else {
    const value = readValue(reader, type, given, depth);
    if (value !== undefined) into[name] = value;
  }
}

function readFields(reader: WireReader, plan: Plan, into: JsonObject, depth: number): void {
  while (!reader.done) {
    const tag = reader.tag();
    const entry = plan.get(tag.number);
    if (entry === undefined) reader.skip(tag.type);
    else if ('field' in entry) readField(reader, entry.field, tag.type, into, depth);
    else if (tag.type === wireType.bytes) readFields(reader.part(), entry.embedded, into, depth);
    else throw new MalformedProtobuf(`wire type ${tag.type} is not a message`);
  }
}

/** The JSON form of a message. Throws `MalformedProtobuf`. */
export function readMessage(reader: WireReader, schema: ObjectSchema, depth = 0): JsonObject {
  if (depth > depthLimit) throw new MalformedProtobuf('messages are nested too deeply');
  if (schema.either !== undefined) throw new MalformedProtobuf(`${schema.name} is not supported in protobuf`);
  const result: JsonObject = {};
  readFields(reader, planOf(schema), result, depth);
  for (const [name, value] of Object.entries(result)) {
    const field = schema.fields.get(name);
    if (field !== undefined && isLeftOut(value, field)) delete result[name];
  }
  return fillAbsent(result, schema);
}
