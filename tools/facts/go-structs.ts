/** Reads what only the Go sources say: protobuf numbers, pointers and what the JSON encoder leaves out. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Field, ModelType, ScalarName, TypeRef } from './model.ts';
import type { Modules } from './modules.ts';

interface GoField {
  /** Absent for an embedded struct. */
  name: string | undefined;
  type: string;
  /** The parts of the tag: json, protobuf. */
  json: string;
  protobuf: string | undefined;
}

export type GoPackage = Map<string, GoField[]>;

function packageFolder(modules: Modules, packageName: string): string | undefined {
  const path = packageName.replaceAll('.', '/');
  if (packageName === 'meta.v1') return join(modules.apimachinery, 'pkg/apis/meta/v1');
  if (packageName === 'apiextensions.v1') return join(modules.apiextensions, 'pkg/apis', path);
  if (packageName === 'apiregistration.v1') return join(modules.aggregator, 'pkg/apis', path);
  return packageName === 'pkg.version' ? undefined : join(modules.api, path);
}

function parseStructs(source: string, into: GoPackage): void {
  for (const [, name = '', body = ''] of source.matchAll(/^type (\w+) struct \{\n(.*?)^\}/gms)) {
    const fields: GoField[] = [];
    for (const line of body.split('\n')) {
      const match = /^\s*(?:(\w+)\s+)?([\w.*[\]]+)\s+`(.*?)`/.exec(line);
      const tag = match?.[3] ?? '';
      const json = /json:"(.*?)"/.exec(tag)?.[1];
      if (match === null || json === undefined || json === '-') continue;
      fields.push({ name: match[1], type: match[2] ?? '', json, protobuf: /protobuf:"(.*?)"/.exec(tag)?.[1] });
    }
    into.set(name, fields);
  }
  // An alias of another package's struct is the same as embedding it.
  for (const [, name = '', type = ''] of source.matchAll(/^type (\w+)(?: =)? (\w+\.\w+)$/gm)) {
    into.set(name, [{ name: undefined, type, json: ',inline', protobuf: undefined }]);
  }
}

export async function readGoPackages(modules: Modules, names: Iterable<string>): Promise<Map<string, GoPackage>> {
  const packages = new Map<string, GoPackage>();
  for (const name of names) {
    const folder = packageFolder(modules, name);
    if (folder === undefined) continue;
    const structs: GoPackage = new Map();
    const files = (await readdir(folder)).filter((file) => /types.*\.go$/.test(file) && !/_test|swagger/.test(file));
    for (const file of files) parseStructs(await readFile(join(folder, file), 'utf8'), structs);
    packages.set(name, structs);
  }
  return packages;
}

/** `v1` names the same group's v1 where that has the struct, else the core package. */
function embeddedStruct(packages: ReadonlyMap<string, GoPackage>, home: string, type: string): [string, GoField[]] {
  const [bare = '', alias = ''] = type.replace('*', '').split('.').reverse();
  const sibling = `${home.split('.')[0]}.${alias}`;
  const places = alias === '' ? [home] : alias === 'metav1' ? ['meta.v1'] : [sibling, 'core.v1'];
  const place = places.find((candidate) => packages.get(candidate)?.has(bare)) ?? home;
  const fields = packages.get(place)?.get(bare);
  if (fields === undefined) throw new Error(`cannot find the struct ${type} that ${home} embeds`);
  return [place, fields];
}

type GoFacts = Pick<Field, 'number' | 'pointer' | 'omit'> & { type: string };

/** Facts by JSON name, with embedded structs flattened as Go's JSON encoder does. */
function flatten(
  packages: ReadonlyMap<string, GoPackage>,
  home: string,
  fields: readonly GoField[],
  prefix: string,
  into: Map<string, GoFacts>,
): void {
  for (const field of fields) {
    const [jsonName = '', ...options] = field.json.split(',');
    const ownNumber = field.protobuf?.split(',')[1];
    // Go-to-protobuf wraps the named list type Verbs into a message whose field 1 repeats.
    const wrapped = field.type === 'Verbs' ? '.1' : '';
    const number = ownNumber === undefined ? undefined : prefix + ownNumber + wrapped;
    if (jsonName === '' && (options.includes('inline') || field.name === undefined)) {
      if (field.type.endsWith('TypeMeta')) continue;
      const [place, embedded] = embeddedStruct(packages, home, field.type);
      flatten(packages, place, embedded, number === undefined ? prefix : `${number}.`, into);
      continue;
    }
    into.set(jsonName, {
      type: field.type,
      ...(number === undefined ? {} : { number }),
      ...(field.type.startsWith('*') ? { pointer: true as const } : {}),
      ...(options.includes('omitzero')
        ? { omit: 'zero' as const }
        : options.includes('omitempty')
          ? { omit: 'empty' as const }
          : {}),
    });
  }
}

function factsOf(packages: ReadonlyMap<string, GoPackage>, packageName: string, name: string): Map<string, GoFacts> {
  const facts = new Map<string, GoFacts>();
  flatten(packages, packageName, packages.get(packageName)?.get(name) ?? [], '', facts);
  return facts;
}

/** Adds the Go facts to the types' fields; returns the fields that have no number although their type has others. */
export function addGoFacts(types: readonly ModelType[], packages: ReadonlyMap<string, GoPackage>): string[] {
  const missing: string[] = [];
  for (const type of types) {
    const facts = factsOf(packages, type.package, type.name);
    for (const field of type.fields) {
      const known = facts.get(field.name);
      if (known === undefined) {
        if (field.name !== 'apiVersion' && field.name !== 'kind')
          missing.push(`${type.package}.${type.name}.${field.name}`);
        continue;
      }
      const { type: _, ...rest } = known;
      Object.assign(field, rest);
    }
  }
  return missing;
}

const simpleTypes: Readonly<Record<string, ScalarName>> = {
  string: 'string',
  bool: 'boolean',
  int32: 'int32',
  int64: 'int64',
  ResourceVersionMatch: 'string',
};

function simpleType(goType: string): TypeRef {
  if (goType.startsWith('[]')) return { kind: 'list', of: simpleType(goType.slice(2)) };
  const name = simpleTypes[goType.replace('*', '')];
  if (name === undefined) throw new Error(`an options type has a field of type ${goType}`);
  return { kind: 'scalar', name };
}

/** The options kinds are in no OpenAPI document, since they travel as query parameters; their fields are all simple. */
export function optionsTypes(packages: ReadonlyMap<string, GoPackage>): ModelType[] {
  return ['CreateOptions', 'GetOptions', 'ListOptions', 'PatchOptions', 'UpdateOptions'].map((name) => {
    const fields: Field[] = ['apiVersion', 'kind'].map((field) => ({
      name: field,
      type: { kind: 'scalar', name: 'string' },
      required: false,
    }));
    for (const [field, { type, ...facts }] of factsOf(packages, 'meta.v1', name)) {
      fields.push({ name: field, type: simpleType(type), required: false, ...facts });
    }
    return { package: 'meta.v1', name, gvks: [{ group: '', version: 'v1', kind: name }], fields };
  });
}
