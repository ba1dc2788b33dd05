/**
 * The OpenAPI 2 document in the protobuf form that Go's clients ask for (`gnostic-models`, `openapiv2/OpenAPIv2.proto`). Only what
 * `documentV2` writes is known here; anything else is a defect and throws.
 */
import { isRecord } from '../../lib/is-record.ts';
import type { Json } from './schemas.ts';

/** The names that clients ask for; the second is what servers answer with, since `@` is no character of media types. */
export const protobufV2Types: readonly string[] = [
  'application/com.github.proto-openapi.spec.v2@v1.0+protobuf',
  'application/com.github.proto-openapi.spec.v2.v1.0+protobuf',
];

/** Encoded fields, one after the other. */
type Parts = readonly Uint8Array[];

const lengthDelimited = 2;
const varintType = 0;

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return bytes;
}

function message(field: number, parts: Parts): Uint8Array[] {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return [Uint8Array.from([...varint(field * 8 + lengthDelimited), ...varint(length)]), ...parts];
}

function text(field: number, value: unknown): Uint8Array[] {
  return value === undefined || value === '' ? [] : message(field, [Buffer.from(String(value))]);
}

function texts(field: number, values: unknown): Uint8Array[] {
  return list(values).flatMap((value) => message(field, [Buffer.from(String(value))]));
}

function flag(field: number, value: unknown): Uint8Array[] {
  return value === true ? [Uint8Array.from([...varint(field * 8 + varintType), 1])] : [];
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function record(value: unknown): Json {
  if (isRecord(value)) return value;
  throw new Error(`not an object in an OpenAPI document: ${JSON.stringify(value)}`);
}

/** `Any`, whose text is YAML; JSON is YAML. */
function any(value: unknown): Parts {
  return text(2, JSON.stringify(value));
}

/** `x-…` keys as `NamedAny`. */
function extensions(field: number, object: Json): Uint8Array[] {
  return Object.entries(object)
    .filter(([key]) => key.startsWith('x-'))
    .flatMap(([key, value]) => message(field, [...text(1, key), ...message(2, any(value))]));
}

/** A map as repeated pairs of name and value. */
function named(field: number, map: unknown, value: (value: Json) => Parts): Uint8Array[] {
  return Object.entries(record(map)).flatMap(([name, each]) =>
    message(field, [...text(1, name), ...message(2, value(record(each)))]),
  );
}

function checkKeys(object: Json, known: readonly string[]): void {
  const unknown = Object.keys(object).find((key) => !known.includes(key) && !key.startsWith('x-'));
  if (unknown !== undefined) throw new Error(`the protobuf form of OpenAPI 2 lacks "${unknown}"`);
}

function schema(object: Json): Parts {
  checkKeys(object, ['$ref', 'format', 'required', 'additionalProperties', 'type', 'items', 'properties']);
  const { $ref, format, required, additionalProperties, type, items, properties } = object;
  return [
    ...text(1, $ref),
    ...text(2, format),
    ...texts(19, required),
    ...(additionalProperties === undefined ? [] : message(21, message(1, schema(record(additionalProperties))))),
    ...(type === undefined ? [] : message(22, text(1, type))),
    ...(items === undefined ? [] : message(23, message(1, schema(record(items))))),
    ...(properties === undefined ? [] : message(25, named(1, properties, schema))),
    ...extensions(31, object),
  ];
}

/** `ParametersItem`. */
function parameter(object: Json): Parts {
  checkKeys(object, ['name', 'in', 'required', 'schema', 'type', 'uniqueItems']);
  const { name, in: place, required, type, uniqueItems } = object;
  if (place === 'body') {
    const body = [
      ...text(2, name),
      ...text(3, place),
      ...flag(4, required),
      ...message(5, schema(record(object.schema))),
    ];
    return message(1, message(1, body));
  }
  const inPath = place === 'path';
  const common = [...flag(1, required), ...text(2, place), ...text(4, name)];
  const sub = inPath
    ? [...common, ...text(5, type), ...flag(19, uniqueItems)]
    : [...common, ...text(6, type), ...flag(20, uniqueItems)];
  return message(1, message(2, message(inPath ? 4 : 3, sub)));
}

/** `ResponseValue`. */
function response(object: Json): Parts {
  checkKeys(object, ['description', 'schema']);
  const answer = object.schema === undefined ? [] : message(2, message(1, schema(record(object.schema))));
  return message(1, [...text(1, object.description), ...answer]);
}

function operation(object: Json): Parts {
  checkKeys(object, ['tags', 'operationId', 'produces', 'consumes', 'parameters', 'responses', 'schemes']);
  return [
    ...texts(1, object.tags),
    ...text(5, object.operationId),
    ...texts(6, object.produces),
    ...texts(7, object.consumes),
    ...list(object.parameters).flatMap((each) => message(8, parameter(record(each)))),
    ...message(9, named(1, object.responses, response)),
    ...texts(10, object.schemes),
    ...extensions(13, object),
  ];
}

const methods: Readonly<Record<string, number>> = { get: 2, put: 3, post: 4, delete: 5, options: 6, head: 7, patch: 8 };

function pathItem(object: Json): Parts {
  checkKeys(object, [...Object.keys(methods), 'parameters']);
  return [
    ...Object.entries(methods).flatMap(([method, field]) =>
      object[method] === undefined ? [] : message(field, operation(record(object[method]))),
    ),
    ...list(object.parameters).flatMap((each) => message(9, parameter(record(each)))),
  ];
}

/** `SecurityDefinitionsItem` of an API key in a header. */
function apiKey(object: Json): Parts {
  checkKeys(object, ['type', 'name', 'in']);
  return message(2, [...text(1, object.type), ...text(2, object.name), ...text(3, object.in)]);
}

/** The document's bytes. */
export function encodeV2(document: Json): Uint8Array {
  checkKeys(document, ['swagger', 'info', 'paths', 'definitions', 'securityDefinitions']);
  const info = record(document.info);
  return Buffer.concat([
    ...text(1, document.swagger),
    ...message(2, [...text(1, info.title), ...text(2, info.version)]),
    ...message(8, named(2, document.paths, pathItem)),
    ...message(9, named(1, document.definitions, schema)),
    ...message(13, named(1, document.securityDefinitions, apiKey)),
  ]);
}
