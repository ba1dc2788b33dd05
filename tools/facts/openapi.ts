/** Reads the OpenAPI v3 documents of the Kubernetes module into the model. Descriptions are not taken over. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Field, ModelType, ScalarName, TypeRef } from './model.ts';

interface Schema {
  type?: string;
  format?: string;
  $ref?: string;
  allOf?: Schema[];
  items?: Schema;
  additionalProperties?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  default?: unknown;
  'x-kubernetes-group-version-kind'?: { group: string; version: string; kind: string }[];
  'x-kubernetes-patch-merge-key'?: string;
  'x-kubernetes-patch-strategy'?: string;
  'x-kubernetes-list-type'?: string;
  'x-kubernetes-list-map-keys'?: string[];
  'x-kubernetes-map-type'?: string;
}

interface Document {
  components?: { schemas?: Record<string, Schema> };
}

/** Definitions that are a scalar on the wire, by the end of their name. */
const scalars: Readonly<Record<string, ScalarName>> = {
  'api.resource.Quantity': 'quantity',
  'util.intstr.IntOrString': 'intOrString',
  'meta.v1.Time': 'time',
  'meta.v1.MicroTime': 'microTime',
  'pkg.runtime.RawExtension': 'object',
  'meta.v1.FieldsV1': 'object',
  'meta.v1.Patch': 'object',
  'apiextensions.v1.JSON': 'json',
};

const eithers: Readonly<Record<string, NonNullable<ModelType['either']>>> = {
  JSONSchemaPropsOrArray: 'array',
  JSONSchemaPropsOrBool: 'boolean',
  JSONSchemaPropsOrStringArray: 'strings',
};

function splitName(definition: string): { package: string; name: string } {
  const parts = definition.split('.');
  const name = parts.pop() ?? '';
  return { package: parts.slice(-2).join('.'), name };
}

function scalarOf(definition: string): ScalarName | undefined {
  return scalars[definition.split('.').slice(-3).join('.')];
}

function typeOf(schema: Schema): TypeRef {
  const ref = schema.$ref ?? schema.allOf?.[0]?.$ref;
  if (ref !== undefined) {
    const definition = ref.replace('#/components/schemas/', '');
    const scalar = scalarOf(definition);
    return scalar === undefined ? { kind: 'named', ...splitName(definition) } : { kind: 'scalar', name: scalar };
  }
  if (schema.items !== undefined) return { kind: 'list', of: typeOf(schema.items) };
  if (schema.additionalProperties !== undefined) return { kind: 'map', of: typeOf(schema.additionalProperties) };
  const written = `${schema.type}${schema.format === undefined ? '' : `:${schema.format}`}`;
  const name = written
    .replace(/^integer:/, '')
    .replace('number:double', 'double')
    .replace('string:byte', 'bytes');
  if (['string', 'boolean', 'int32', 'int64', 'double', 'bytes'].includes(name)) {
    return { kind: 'scalar', name: name as ScalarName };
  }
  throw new Error(`the OpenAPI documents have a type that the generator does not know: ${JSON.stringify(schema)}`);
}

/** Zero values are what Go's generator writes for every field that is always there; of others they are a default as any. */
function meaningfulDefault(value: unknown, required: boolean): boolean {
  if (value === undefined || value === null) return false;
  if (value === '' || value === 0 || value === false) return !required;
  return !(typeof value === 'object' && Object.keys(value).length === 0);
}

function fieldOf(name: string, schema: Schema, required: boolean): Field {
  const field: Field = { name, type: typeOf(schema), required };
  if (meaningfulDefault(schema.default, required)) field.default = schema.default;
  const mergeKey = schema['x-kubernetes-patch-merge-key'];
  if (mergeKey !== undefined) field.patchMergeKey = mergeKey;
  const strategy = schema['x-kubernetes-patch-strategy'];
  if (strategy !== undefined) field.patchStrategy = strategy;
  const listType = schema['x-kubernetes-list-type'];
  if (listType !== undefined) field.listType = listType;
  const listMapKeys = schema['x-kubernetes-list-map-keys'];
  if (listMapKeys !== undefined) field.listMapKeys = listMapKeys;
  const mapType = schema['x-kubernetes-map-type'];
  if (mapType !== undefined) field.mapType = mapType;
  return field;
}

function modelType(definition: string, schema: Schema): ModelType {
  const required = new Set(schema.required);
  const fields = Object.entries(schema.properties ?? {}).map(([name, property]) =>
    fieldOf(name, property, required.has(name)),
  );
  const { package: packageName, name } = splitName(definition);
  const gvks = schema['x-kubernetes-group-version-kind'] ?? [];
  const type: ModelType = { package: packageName, name, gvks, fields };
  const mapType = schema['x-kubernetes-map-type'];
  if (mapType !== undefined) type.mapType = mapType;
  const either = eithers[name];
  if (either !== undefined) type.either = either;
  return type;
}

/** All types of all documents, sorted by package and name. */
export async function readOpenApi(kubernetesFolder: string): Promise<ModelType[]> {
  const folder = join(kubernetesFolder, 'api/openapi-spec/v3');
  const types = new Map<string, ModelType>();
  for (const file of (await readdir(folder)).sort()) {
    const document = JSON.parse(await readFile(join(folder, file), 'utf8')) as Document;
    for (const [definition, schema] of Object.entries(document.components?.schemas ?? {})) {
      if (scalarOf(definition) !== undefined) continue;
      const type = modelType(definition, schema);
      const known = types.get(definition);
      if (known === undefined || known.gvks.length < type.gvks.length) types.set(definition, type);
    }
  }
  return [...types.values()].sort((a, b) => (a.package + a.name < b.package + b.name ? -1 : 1));
}
