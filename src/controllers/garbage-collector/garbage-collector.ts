/**
 * Deletes what has lost its owners and carries out foreground and orphan deletions; after
 * `pkg/controller/garbagecollector`.
 */
import type { OwnerReference } from '../../api/object.ts';
import { StatusError } from '../../api/status.ts';
import type { PartialObject } from '../../client/cluster-client.ts';
import type { WorkQueue } from '../../client/work-queue.ts';
import { sleepUnlessAborted } from '../../lib/abortable-sleep.ts';
import { sameJson } from '../../lib/canonical-json.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { isNotFound, reconcileLoop } from '../controller.ts';
import type { GraphNode, OwnedResource } from './object-graph.ts';
import { graphKey, ObjectGraph } from './object-graph.ts';

const foreground = 'foregroundDeletion';
const orphan = 'orphan';
const type = 'application/merge-patch+json';
/** A definition that has changed is in the discovery documents soon, or a little later. */
const lookAgainMs = [1_000, 10_000] as const;

export const garbageCollectorController: Controller = { name: 'garbage-collector', start };

function start(context: ControllerContext): void {
  const { signal, log } = context;
  const collector = new Collector(context);
  context.onStop(() => discovering);
  const discovering = (async () => {
    for (let wait = 1000; !signal.aborted; wait = Math.min(wait * 2, 60_000)) {
      try {
        await collector.graph.discover();
        return;
      } catch (error) {
        if (signal.aborted) return;
        log(`controller garbage-collector: ${error instanceof Error ? error.message : String(error)}`);
        await sleepUnlessAborted(wait, signal);
      }
    }
  })();
}

class Collector {
  readonly graph: ObjectGraph;
  readonly #signal: AbortSignal;
  readonly #queue: WorkQueue;
  readonly #discoveries: WorkQueue;

  constructor(context: ControllerContext) {
    this.#signal = context.signal;
    this.graph = new ObjectGraph(context, (resource, next, previous) => this.#changed(resource, next, previous));
    this.#queue = reconcileLoop(context, {
      name: 'garbage-collector',
      needs: [],
      workers: 4,
      process: (key) => this.#reconcile(key),
    });
    this.#discoveries = reconcileLoop(context, {
      name: 'garbage-collector',
      needs: [],
      workers: 1,
      process: async () => this.graph.attend(await this.graph.lookUp()),
    });
  }

  #changed(resource: OwnedResource, next: PartialObject | undefined, previous: PartialObject | undefined): void {
    const object = next ?? previous;
    if (object === undefined) return;
    if (this.graph.bringsResources(resource)) this.#resourcesChanged(resource, next, object);
    const { uid = '', ownerReferences = [], deletionTimestamp, finalizers = [] } = object.metadata;
    if (next === undefined) {
      this.#waiting.delete(uid);
      for (const dependent of this.graph.dependentsOf(uid)) this.#add(dependent);
    } else {
      const ownersChanged = !sameJson(previous?.metadata.ownerReferences ?? [], ownerReferences);
      if (ownerReferences.length > 0 && ownersChanged) this.#add({ resource, object });
      const held = finalizers.includes(foreground) || finalizers.includes(orphan);
      if (deletionTimestamp !== undefined && held) this.#add({ resource, object });
    }
    // An owner that waits for its dependents looks again when one of them is gone or no longer its.
    if (next === undefined || previous !== undefined) {
      for (const { uid: owner } of previous?.metadata.ownerReferences ?? ownerReferences) this.#waiting.get(owner)?.();
    }
  }
  /** Owners in foreground deletion, by uid. */
  readonly #waiting = new Map<string, () => void>();

  #resourcesChanged(source: OwnedResource, next: PartialObject | undefined, { metadata }: PartialObject): void {
    if (next === undefined) this.graph.forgetBroughtBy(source, metadata.name ?? '');
    for (const ms of lookAgainMs) this.#discoveries.addAfter(`after ${ms} ms`, ms);
  }

  #add({ resource, object }: GraphNode): void {
    this.#queue.add(graphKey(resource, object));
  }

  async #reconcile(key: string): Promise<void> {
    const [id = '', name = ''] = key.split(' ');
    const node = this.graph.find(id, name);
    if (node === undefined) return;
    const { deletionTimestamp, finalizers = [] } = node.object.metadata;
    try {
      if (deletionTimestamp !== undefined && finalizers.includes(orphan)) await this.#orphanDependents(node);
      else if (deletionTimestamp !== undefined && finalizers.includes(foreground)) await this.#awaitDependents(node);
      else if (deletionTimestamp === undefined) await this.#collect(node);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  async #orphanDependents(node: GraphNode): Promise<void> {
    const { uid = '' } = node.object.metadata;
    for (const dependent of this.graph.dependentsOf(uid)) await this.#dropOwners(dependent, new Set([uid]));
    await this.#dropFinalizer(node, orphan);
  }

  async #awaitDependents(node: GraphNode): Promise<void> {
    const { uid = '' } = node.object.metadata;
    const blocking = this.graph
      .dependentsOf(uid)
      .filter(({ object }) =>
        object.metadata.ownerReferences?.some((owner) => owner.uid === uid && owner.blockOwnerDeletion === true),
      );
    if (blocking.length === 0) {
      this.#waiting.delete(uid);
      await this.#dropFinalizer(node, foreground);
      return;
    }
    this.#waiting.set(uid, () => this.#add(node));
    for (const dependent of blocking) this.#add(dependent);
  }

  /** Deletes the object if none of its owners holds it any more. */
  async #collect(node: GraphNode): Promise<void> {
    const { object } = node;
    const { ownerReferences: owners = [], uid = '' } = object.metadata;
    if (owners.length === 0) return;
    const gone: OwnerReference[] = [];
    const leaving: OwnerReference[] = [];
    for (const owner of owners) {
      await this.graph.rediscoverFor(owner);
      // What cannot be looked up cannot be known to be gone.
      if (!this.graph.isKnown(owner) || this.graph.isImpossible(object, owner)) continue;
      const found = await this.graph.ownerOf(object, owner);
      if (found === undefined) gone.push(owner);
      else if (found.metadata.deletionTimestamp !== undefined && found.metadata.finalizers?.includes(foreground))
        leaving.push(owner);
    }
    const lost = [...gone, ...leaving];
    if (lost.length === 0) return;
    if (lost.length < owners.length) {
      await this.#dropOwners(node, new Set(lost.map((owner) => owner.uid)));
      return;
    }
    const hasDependents = leaving.length > 0 && this.graph.dependentsOf(uid).length > 0;
    await this.#delete(node, hasDependents);
  }

  async #delete({ resource, object }: GraphNode, inForeground: boolean): Promise<void> {
    const { name = '', namespace = '', uid = '', resourceVersion = '', finalizers = [] } = object.metadata;
    const propagationPolicy = finalizers.includes(orphan)
      ? 'Orphan'
      : inForeground || finalizers.includes(foreground)
        ? 'Foreground'
        : 'Background';
    // The version too: an owner may have been added meanwhile.
    const preconditions = { uid, resourceVersion };
    try {
      await resource.client.delete(name, { namespace, propagationPolicy, preconditions, signal: this.#signal });
    } catch (error) {
      // Another object of that name: not what was meant.
      const replaced = error instanceof StatusError && error.reason === 'Conflict' && /uid/i.test(error.message);
      if (!replaced) throw error;
    }
  }

  async #dropOwners({ resource, object }: GraphNode, uids: ReadonlySet<string>): Promise<void> {
    const { name = '', namespace = '', resourceVersion, ownerReferences = [] } = object.metadata;
    const left = ownerReferences.filter(({ uid }) => !uids.has(uid));
    if (left.length === ownerReferences.length) return;
    const patch = { metadata: { resourceVersion, ownerReferences: left.length === 0 ? null : left } };
    await resource.client.patch(name, patch, { type, namespace, signal: this.#signal }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
  }

  async #dropFinalizer({ resource, object }: GraphNode, finalizer: string): Promise<void> {
    const { name = '', namespace = '', resourceVersion, finalizers = [] } = object.metadata;
    const patch = { metadata: { resourceVersion, finalizers: finalizers.filter((each) => each !== finalizer) } };
    await resource.client.patch(name, patch, { type, namespace, signal: this.#signal });
  }
}
