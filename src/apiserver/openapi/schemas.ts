/** Types of the facts as OpenAPI schemas, with all that they refer to. */
import type { GroupVersion, GroupVersionKind } from '../../api/group-version.ts';
import { parseApiVersion } from '../../api/group-version.ts';
import type { FieldSchema, FieldType, Scalar } from '../../api/schema/field.ts';
import type { ObjectSchema } from '../../api/schema/schema.ts';
import { factsIndex, schemaOf, structOf } from '../../api/schema/schema.ts';

export type Json = Record<string, unknown>;

const packagePrefixes: Readonly<Record<string, string>> = {
  'meta.v1': 'io.k8s.apimachinery.pkg.apis.meta.v1',
  'pkg.version': 'io.k8s.apimachinery.pkg.version',
  'apiextensions.v1': 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1',
  'apiregistration.v1': 'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1',
};

const scalarSchemas: Readonly<Record<Scalar, Json>> = {
  string: { type: 'string' },
  boolean: { type: 'boolean' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  double: { type: 'number', format: 'double' },
  bytes: { type: 'string', format: 'byte' },
  quantity: {},
  intOrString: {},
  time: {},
  microTime: {},
  object: { type: 'object' },
  json: {},
};

/** Scalars that have a definition of their own; OpenAPI 2 has no `oneOf` for them. */
const namedScalars: Partial<Record<Scalar, { name: string; v3: Json; v2: Json }>> = {
  quantity: {
    name: 'io.k8s.apimachinery.pkg.api.resource.Quantity',
    v3: { oneOf: [{ type: 'string' }, { type: 'number' }] },
    v2: { type: 'string' },
  },
  intOrString: {
    name: 'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
    v3: { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] },
    v2: { type: 'string', format: 'int-or-string' },
  },
  time: {
    name: 'io.k8s.apimachinery.pkg.apis.meta.v1.Time',
    v3: { type: 'string', format: 'date-time' },
    v2: { type: 'string', format: 'date-time' },
  },
  microTime: {
    name: 'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime',
    v3: { type: 'string', format: 'date-time' },
    v2: { type: 'string', format: 'date-time' },
  },
};

const patchName = 'io.k8s.apimachinery.pkg.apis.meta.v1.Patch';

function definitionName({ package: packageName, name }: { package: string; name: string }): string {
  return `${packagePrefixes[packageName] ?? `io.k8s.api.${packageName}`}.${name}`;
}

const coreV1: GroupVersion = { group: '', version: 'v1' };

/** Undefined for meta's kinds, which belong to every group and version. */
function groupVersionOf(schema: ObjectSchema): GroupVersion[] | undefined {
  const entry = Object.entries(factsIndex().apiVersions).find(([, packageName]) => packageName === schema.package);
  const groupVersion = entry === undefined ? undefined : parseApiVersion(entry[0]);
  return groupVersion === undefined ? undefined : [groupVersion];
}

/** Collects the schemas that a document needs, by the names that its references use. */
export class SchemaCollection {
  readonly schemas: Json = {};
  readonly #version: 'v2' | 'v3';
  readonly #groupVersions: readonly GroupVersion[];

  /** `groupVersions` are those that kinds of all groups (DeleteOptions, WatchEvent) are listed under. */
  constructor(version: 'v2' | 'v3', groupVersions: readonly GroupVersion[]) {
    this.#version = version;
    this.#groupVersions = groupVersions;
  }

  /** A reference to a kind's schema. A kind that Kubernetes does not define is an object of any fields. */
  kind(gvk: GroupVersionKind): Json {
    const schema = schemaOf(gvk);
    if (schema !== undefined) return this.#struct(schema);
    const name = [...gvk.group.split('.').reverse(), gvk.version, gvk.kind].join('.');
    this.schemas[name] ??= {
      type: 'object',
      'x-kubernetes-preserve-unknown-fields': true,
      'x-kubernetes-group-version-kind': [gvk],
    };
    return this.#reference(name);
  }

  /** A reference to the schema of patches. */
  patch(): Json {
    this.schemas[patchName] ??= { type: 'object' };
    return this.#reference(patchName);
  }

  #reference(name: string): Json {
    return { $ref: `${this.#version === 'v3' ? '#/components/schemas/' : '#/definitions/'}${name}` };
  }

  #struct(schema: ObjectSchema): Json {
    const name = definitionName(schema);
    if (!Object.hasOwn(this.schemas, name)) {
      const definition: Json = {};
      // Set before the fields are read: types may refer to themselves.
      this.schemas[name] = definition;
      this.#fill(definition, schema);
    }
    return this.#reference(name);
  }

  #fill(definition: Json, schema: ObjectSchema): void {
    if (schema.either !== undefined) return;
    definition.type = 'object';
    const fields = [...schema.fields.values()];
    if (fields.length > 0) {
      definition.properties = Object.fromEntries(fields.map((field) => [field.name, this.#property(field)]));
    }
    const required = fields.filter((field) => field.required).map((field) => field.name);
    if (required.length > 0) definition.required = required;
    if (schema.mapType !== undefined) definition['x-kubernetes-map-type'] = schema.mapType;
    if (schema.isKind) {
      const places = schema.name === 'Status' ? [coreV1] : (groupVersionOf(schema) ?? this.#groupVersions);
      definition['x-kubernetes-group-version-kind'] = places.map(({ group, version }) => ({
        group,
        kind: schema.name,
        version,
      }));
    }
  }

  #property(field: FieldSchema): Json {
    const property = this.#type(field.type, true);
    if (field.default !== undefined && this.#version === 'v3') property.default = field.default;
    if (field.patchStrategies.length > 0) property['x-kubernetes-patch-strategy'] = field.patchStrategies.join(',');
    if (field.patchMergeKey !== undefined) property['x-kubernetes-patch-merge-key'] = field.patchMergeKey;
    if (field.listType !== undefined) property['x-kubernetes-list-type'] = field.listType;
    if (field.listMapKeys !== undefined) property['x-kubernetes-list-map-keys'] = field.listMapKeys;
    if (field.mapType !== undefined) property['x-kubernetes-map-type'] = field.mapType;
    return property;
  }

  /** `beside`: other keys may come to stand beside a reference, which OpenAPI 3 allows only in allOf. */
  #type(type: FieldType, beside = false): Json {
    switch (type.kind) {
      case 'list':
        return { type: 'array', items: this.#type(type.of) };
      case 'map':
        return { type: 'object', additionalProperties: this.#type(type.of) };
      case 'struct':
        return this.#wrap(this.#struct(structOf(type)), beside);
      case 'scalar': {
        const named = namedScalars[type.scalar];
        if (named === undefined) return { ...scalarSchemas[type.scalar] };
        this.schemas[named.name] ??= named[this.#version];
        return this.#wrap(this.#reference(named.name), beside);
      }
    }
  }

  #wrap(reference: Json, beside: boolean): Json {
    return beside && this.#version === 'v3' ? { allOf: [reference] } : reference;
  }
}
