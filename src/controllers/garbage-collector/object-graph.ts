/** Everything the cluster holds, as far as ownership goes: caches of metadata, one per resource. */

import { parseApiVersion } from '../../api/group-version.ts';
import type { OwnerReference } from '../../api/object.ts';
import type { Informer, PartialObject, ResourceClient } from '../../client/cluster-client.ts';
import type { DiscoveredResource } from '../../client/discovery.ts';
import { discoverResources } from '../../client/discovery.ts';
import { openInformer } from '../../client/informer.ts';
import { objectKey } from '../../client/object-key.ts';
import { sleepUnlessAborted } from '../../lib/abortable-sleep.ts';
import type { ControllerContext } from '../controller.ts';
import { isNotFound } from '../controller.ts';
import { byOwner } from '../shared-informers.ts';

export interface OwnedResource {
  facts: DiscoveredResource;
  /** `pods`, `deployments.apps`. */
  id: string;
  client: ResourceClient<PartialObject>;
  cache: Informer<PartialObject>;
  /** Ends the cache, where it is the graph's own. */
  stop?: AbortController;
}

export interface GraphNode {
  resource: OwnedResource;
  object: PartialObject;
}

/** Whose objects bring further resources. The name of a CustomResourceDefinition is the id of its resource. */
const definitions = 'customresourcedefinitions.apiextensions.k8s.io';
const sources = new Set([definitions, 'apiservices.apiregistration.k8s.io']);

/** Objects that come in numbers and own nothing that matters. */
const ignored = new Set(['events', 'events.events.k8s.io']);

/** How long those that cannot be listed hold up all others at the start, as upstream has it: dependents may be among them. */
const patienceMs = 30_000;

type Listener = (resource: OwnedResource, next: PartialObject | undefined, previous: PartialObject | undefined) => void;

export class ObjectGraph {
  readonly #context: ControllerContext;
  readonly #listener: Listener;
  readonly #byKind = new Map<string, OwnedResource>();
  readonly #byId = new Map<string, OwnedResource>();
  #known: readonly DiscoveredResource[] = [];
  #discoveredAt = 0;

  constructor(context: ControllerContext, listener: Listener) {
    this.#context = context;
    this.#listener = listener;
  }

  /** Looks which resources there are, and attends to those that are new once their caches are filled or have had their time. */
  async discover(limitMs = patienceMs): Promise<void> {
    const fresh = await this.lookUp();
    const enough = new AbortController();
    const isOver = AbortSignal.any([enough.signal, this.#context.signal]);
    await Promise.race([
      Promise.allSettled(fresh.map(({ cache }) => cache.synced)),
      sleepUnlessAborted(limitMs, isOver),
    ]);
    enough.abort();
    this.attend(fresh);
  }

  /** The resource's objects come and go with resources: look again. */
  bringsResources({ id }: OwnedResource): boolean {
    return sources.has(id);
  }

  /** Looks which resources there are and opens caches of those that are new. */
  async lookUp(): Promise<readonly OwnedResource[]> {
    const { client, informers, signal } = this.#context;
    this.#discoveredAt = Date.now();
    const { resources } = await discoverResources(client, signal);
    this.#known = resources;
    const fresh: OwnedResource[] = [];
    for (const facts of resources) {
      const id = facts.group === '' ? facts.plural : `${facts.plural}.${facts.group}`;
      if (this.#byId.has(id) || ignored.has(id)) continue;
      if (!['list', 'watch', 'delete', 'patch'].every((verb) => facts.verbs.includes(verb))) continue;
      const shared = informers.existing(facts.apiVersion, facts.plural);
      const resource: OwnedResource = {
        facts,
        id,
        client: client.metadata(facts.apiVersion, facts.plural),
        ...(shared === undefined ? this.#openCache(facts) : { cache: shared }),
      };
      this.#byId.set(id, resource);
      this.#byKind.set(`${facts.group}/${facts.kind}`, resource);
      fresh.push(resource);
    }
    return fresh;
  }

  /** Tells of the objects of each once its cache is filled; one that cannot be filled holds up no other. */
  attend(fresh: readonly OwnedResource[]): void {
    const { log, signal } = this.#context;
    for (const resource of fresh) {
      resource.cache.synced.then(
        () => resource.cache.onChange((next, previous) => this.#listener(resource, next, previous)),
        (error: unknown) => {
          if (signal.aborted || resource.stop?.signal.aborted) return;
          log(
            `controller garbage-collector: ${resource.id}: ${error instanceof Error ? error.message : String(error)}`,
          );
        },
      );
    }
  }

  /** The definition or API service of this name is no more, nor are the resources that it brought. */
  forgetBroughtBy({ id: source }: OwnedResource, name: string): void {
    for (const [id, { facts, stop }] of this.#byId) {
      const brings = source === definitions ? id : apiServiceOf(facts);
      if (brings !== name || stop === undefined) continue;
      stop.abort(new Error(`${id} is served no more`));
      this.#byId.delete(id);
      this.#byKind.delete(`${facts.group}/${facts.kind}`);
    }
  }

  /** Looks again when an owner is of a kind that was not there, but not all the time. */
  async rediscoverFor(owner: OwnerReference): Promise<void> {
    // Their caches are not waited for: an owner that is in none is asked for.
    if (!this.isKnown(owner) && Date.now() - this.#discoveredAt > 30_000) this.attend(await this.lookUp());
  }

  /** The cluster serves this kind. */
  isKnown(owner: OwnerReference): boolean {
    return this.#factsOf(owner) !== undefined;
  }

  find(id: string, key: string): GraphNode | undefined {
    const resource = this.#byId.get(id);
    const object = resource?.cache.get(key);
    return resource === undefined || object === undefined ? undefined : { resource, object };
  }

  dependentsOf(uid: string): GraphNode[] {
    const found: GraphNode[] = [];
    for (const resource of this.#byId.values()) {
      for (const object of resource.cache.byIndex(byOwner, uid)) found.push({ resource, object });
    }
    return found;
  }

  /** The owner as the caches or, where they do not have it, the API server know it. Undefined: it is gone. */
  async ownerOf(dependent: PartialObject, owner: OwnerReference): Promise<PartialObject | undefined> {
    const facts = this.#factsOf(owner);
    if (facts === undefined) return undefined;
    const namespace = facts.namespaced ? (dependent.metadata.namespace ?? '') : '';
    const cached = this.#byKind
      .get(`${facts.group}/${facts.kind}`)
      ?.cache.get(namespace === '' ? owner.name : `${namespace}/${owner.name}`);
    if (cached?.metadata.uid === owner.uid) return cached;
    try {
      const { client, signal } = this.#context;
      const found = await client.metadata(facts.apiVersion, facts.plural).get(owner.name, { namespace, signal });
      return found.metadata.uid === owner.uid ? found : undefined;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** A namespaced owner of an object without namespace can never be found. */
  isImpossible(dependent: PartialObject, owner: OwnerReference): boolean {
    return this.#factsOf(owner)?.namespaced === true && !dependent.metadata.namespace;
  }

  #factsOf({ apiVersion, kind }: OwnerReference): DiscoveredResource | undefined {
    const group = parseApiVersion(apiVersion)?.group;
    return this.#known.find((facts) => facts.group === group && facts.kind === kind);
  }

  #openCache(facts: DiscoveredResource): Required<Pick<OwnedResource, 'cache' | 'stop'>> {
    const { client, signal, watchFailed } = this.#context;
    const stop = new AbortController();
    const cache = openInformer<PartialObject>({
      resource: client.metadata(facts.apiVersion, facts.plural),
      indexes: { [byOwner]: ({ metadata: { ownerReferences = [] } }) => ownerReferences.map(({ uid }) => uid) },
      transform: ownershipOnly,
      signal: AbortSignal.any([signal, stop.signal]),
      onError: (error) => watchFailed(`${facts.plural} (${facts.apiVersion})`, error),
    });
    this.#context.onStop(() => cache.done);
    return { cache, stop };
  }
}

function apiServiceOf({ apiVersion, group }: DiscoveredResource): string {
  return `${parseApiVersion(apiVersion)?.version}.${group}`;
}

export function graphKey(resource: OwnedResource, object: PartialObject): string {
  return `${resource.id} ${objectKey(object)}`;
}

/** All that the collector reads; the rest of many objects' metadata would be memory for nothing. */
function ownershipOnly({ apiVersion, kind, metadata }: PartialObject): PartialObject {
  const { name, namespace, uid, resourceVersion, deletionTimestamp, ownerReferences, finalizers } = metadata;
  return {
    apiVersion,
    kind,
    metadata: {
      ...(name !== undefined && { name }),
      ...(namespace !== undefined && { namespace }),
      ...(uid !== undefined && { uid }),
      ...(resourceVersion !== undefined && { resourceVersion }),
      ...(deletionTimestamp !== undefined && { deletionTimestamp }),
      ...(ownerReferences !== undefined && { ownerReferences }),
      ...(finalizers !== undefined && { finalizers }),
    },
  };
}
