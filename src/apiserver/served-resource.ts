/** A kind as it is being served: its definition, its names in every form, and the cache that its reads go through. */
import type { GroupResource, GroupVersionKind } from '../api/group-version.ts';
import { formatApiVersion } from '../api/group-version.ts';
import type { KubeObject } from '../api/object.ts';
import { conform } from '../api/schema/conform.ts';
import { schemaOf } from '../api/schema/schema.ts';
import { lazy } from '../lib/lazy.ts';
import type { ResourceDefinition } from './resources/resource.ts';
import { formatKey, keyPrefix } from './storage/keys.ts';
import type { Storage } from './storage/storage.ts';
import type { WatchCache } from './storage/watch-cache.ts';
import { openWatchCache } from './storage/watch-cache.ts';

interface WithStatus extends KubeObject {
  status?: unknown;
}

const DEFAULT_VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'] as const;

export class ServedResource {
  readonly definition: ResourceDefinition;
  readonly apiVersion: string;
  readonly kind: GroupVersionKind;
  readonly resource: GroupResource;
  readonly verbs: readonly string[];
  readonly #open: () => WatchCache;
  #cache: WatchCache | undefined;
  /** A new object's status as JSON text, which has what is never left out; undefined where there is none. */
  readonly emptyStatus: () => string | undefined;

  constructor(definition: ResourceDefinition, storage: Storage, signal: AbortSignal) {
    const { group, version, kind, plural } = definition;
    this.definition = definition;
    this.apiVersion = formatApiVersion(definition);
    this.kind = { group, version, kind };
    this.resource = { group, resource: plural };
    this.verbs = definition.verbs ?? DEFAULT_VERBS;
    this.emptyStatus = lazy(() => {
      const schema = schemaOf(this.kind);
      if (schema === undefined) return undefined;
      const { object }: { object: WithStatus } = conform({ kind, apiVersion: this.apiVersion, metadata: {} }, schema);
      return JSON.stringify(object.status);
    });
    this.#open = () => openWatchCache({ storage, prefix: keyPrefix(this.resource), signal });
  }

  /** Started by the first read of this kind. */
  get cache(): WatchCache {
    this.#cache ??= this.#open();
    return this.#cache;
  }

  key(namespace: string, name: string): string {
    return formatKey({ ...this.resource, name, ...(this.definition.namespaced ? { namespace } : {}) });
  }

  /** The prefix of a namespace's objects; of all objects when it is '' or the kind has no namespaces. */
  prefix(namespace: string): string {
    return keyPrefix(this.resource, this.definition.namespaced && namespace !== '' ? namespace : undefined);
  }
}

/** The value of a field by its path, as text; '' where the object has none. For selectors of any kind. */
export function selectableField(definition: ResourceDefinition, object: KubeObject, field: string): string | undefined {
  if (field === 'metadata.name') return object.metadata.name ?? '';
  if (field === 'metadata.namespace' && definition.namespaced) return object.metadata.namespace ?? '';
  return definition.selectableFields?.[field]?.(object);
}

/** All kinds of a server, found by group, version and plural. */
export class ResourceIndex implements Disposable {
  readonly all: readonly ServedResource[];
  readonly #ended = new AbortController();
  readonly #byName: ReadonlyMap<string, ServedResource>;
  readonly #byResource: ReadonlyMap<string, ServedResource>;

  constructor(definitions: readonly ResourceDefinition[], storage: Storage) {
    this.all = definitions.map((definition) => new ServedResource(definition, storage, this.#ended.signal));
    this.#byName = new Map(
      this.all.map((one) => [`${one.definition.group}/${one.definition.version}/${one.definition.plural}`, one]),
    );
    this.#byResource = new Map(this.all.map((one) => [`${one.definition.group}/${one.definition.plural}`, one]));
  }

  find(group: string, version: string, plural: string): ServedResource | undefined {
    return this.#byName.get(`${group}/${version}/${plural}`);
  }

  /** The resource in whatever version it is stored. */
  findResource({ group, resource }: GroupResource): ServedResource | undefined {
    return this.#byResource.get(`${group}/${resource}`);
  }

  /** Ends the caches. */
  [Symbol.dispose](): void {
    this.#ended.abort();
  }
}
