/**
 * What Fairlead knows of the shape of Kubernetes' kinds: facts generated from Kubernetes itself, read when first asked for.
 * One package of types (`core.v1`) is one file of `../generated`.
 */
import { readFileSync } from 'node:fs';
import type { GroupVersionKind } from '../group-version.ts';
import { formatApiVersion } from '../group-version.ts';
import type { FieldSchema, FieldType } from './field.ts';
import { parseField } from './field.ts';

interface TypeFacts {
  kind?: true;
  mapType?: string;
  either?: 'array' | 'boolean' | 'strings';
  fields: Record<string, string>;
}

interface PackageIndex {
  kubernetesVersion: string;
  /** apiVersion to package. */
  apiVersions: Record<string, string>;
}

export class ObjectSchema {
  /** `core.v1`. */
  readonly package: string;
  /** The name of the Go struct, which for a kind is the kind. */
  readonly name: string;
  /** True for kinds: what has apiVersion and kind of its own. */
  readonly isKind: boolean;
  readonly mapType: string | undefined;
  /** Set where the value may be something else than an object: a list or a boolean in a CRD's schema. */
  readonly either: 'array' | 'boolean' | 'strings' | undefined;
  readonly #facts: Record<string, string>;
  #fields: ReadonlyMap<string, FieldSchema> | undefined;

  constructor(packageName: string, name: string, facts: TypeFacts) {
    this.package = packageName;
    this.name = name;
    this.isKind = facts.kind ?? false;
    this.mapType = facts.mapType;
    this.either = facts.either;
    this.#facts = facts.fields;
  }

  get fields(): ReadonlyMap<string, FieldSchema> {
    this.#fields ??= new Map(
      Object.entries(this.#facts).map(([name, text]) => [name, parseField(name, text, this.package)]),
    );
    return this.#fields;
  }
}

const folder = new URL('../generated/', import.meta.url);
const packages = new Map<string, ReadonlyMap<string, ObjectSchema>>();
let index: PackageIndex | undefined;

/** Which Kubernetes the facts are of, and where each apiVersion's types are. */
export function factsIndex(): PackageIndex {
  index ??= JSON.parse(readFileSync(new URL('packages.json', folder), 'utf8')) as PackageIndex;
  return index;
}

function packageTypes(name: string): ReadonlyMap<string, ObjectSchema> {
  let types = packages.get(name);
  if (types === undefined) {
    const facts = JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as Record<string, TypeFacts>;
    types = new Map(Object.entries(facts).map(([type, entry]) => [type, new ObjectSchema(name, type, entry)]));
    packages.set(name, types);
  }
  return types;
}

/** The schema of a kind; undefined for kinds that Kubernetes does not define. */
export function schemaOf(gvk: GroupVersionKind): ObjectSchema | undefined {
  const apiVersion = formatApiVersion(gvk);
  const packageName = factsIndex().apiVersions[apiVersion];
  const own = packageName === undefined ? undefined : packageTypes(packageName).get(gvk.kind);
  if (own?.isKind) return own;
  // DeleteOptions, WatchEvent and their like belong to every group; the rest of meta's kinds to v1 and meta.k8s.io/v1.
  if (packageName === undefined && apiVersion !== 'meta.k8s.io/v1') return undefined;
  const shared = packageTypes('meta.v1').get(gvk.kind);
  return shared?.isKind ? shared : undefined;
}

/** The schema of a struct that a field refers to. The facts are closed: an unknown name is a defect of the generator. */
export function structOf(type: FieldType & { kind: 'struct' }): ObjectSchema {
  const schema = packageTypes(type.package).get(type.name);
  if (schema === undefined) throw new Error(`the generated facts lack the type ${type.package}.${type.name}`);
  return schema;
}
