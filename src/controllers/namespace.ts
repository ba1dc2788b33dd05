/** Empties namespaces that are being deleted, then lets them go; after `pkg/controller/namespace/deletion`. */
import type { Namespace, NamespaceCondition, Pod } from '../api/types/core-v1.ts';
import type { ClusterClient } from '../client/cluster-client.ts';
import type { DiscoveredResource, Discovery } from '../client/discovery.ts';
import { discoverResources } from '../client/discovery.ts';
import { backoffMs } from '../lib/backoff.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { isNotFound, reconcileLoop } from './controller.ts';
import { timestamp } from './pod-state.ts';

const finalizer = 'kubernetes';
/** While something is left: looked at again after these times, and when a pod of the namespace is gone. */
const again = { baseMs: 250, maxMs: 15_000 };

export const namespaceController: Controller = { name: 'namespace', start };

function start(context: ControllerContext): void {
  const { client, informers, signal } = context;
  const namespaces = informers.of<Namespace>('v1', 'namespaces');
  const pods = informers.of<Pod>('v1', 'pods');
  const resource = client.resource<Namespace>('v1', 'namespaces');
  const passes = new Map<string, number>();
  const queue = reconcileLoop(context, { name: 'namespace', needs: [namespaces], process: reconcile });
  namespaces.onChange((next, previous) => {
    const { name = '', deletionTimestamp } = (next ?? previous)?.metadata ?? {};
    if (next === undefined) passes.delete(name);
    else if (deletionTimestamp !== undefined) queue.add(name);
  });
  pods.onChange((next, previous) => {
    const { namespace = '' } = previous?.metadata ?? {};
    if (next === undefined && namespaces.get(namespace)?.metadata.deletionTimestamp !== undefined) queue.add(namespace);
  });

  async function reconcile(name: string): Promise<void> {
    const namespace = namespaces.get(name);
    if (namespace?.metadata.deletionTimestamp === undefined) return;
    const finalizers = namespace.spec?.finalizers ?? [];
    if (!finalizers.includes(finalizer)) return;
    try {
      const outcome = await emptyNamespace(client, name, signal);
      if (isEmpty(outcome)) {
        const left = finalizers.filter((each) => each !== finalizer);
        await resource.update(
          { ...namespace, spec: { ...namespace.spec, finalizers: left } },
          { subresource: 'finalize', signal },
        );
        return;
      }
      await report(namespace, outcome);
      const pass = (passes.get(name) ?? 0) + 1;
      passes.set(name, pass);
      queue.addAfter(name, backoffMs(pass, again));
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  async function report(namespace: Namespace, outcome: Outcome): Promise<void> {
    const before = namespace.status?.conditions ?? [];
    const conditions = conditionsOf(outcome).map((next): NamespaceCondition => {
      const old = before.find(({ type }) => type === next.type);
      const same = old?.status === next.status && old.message === next.message && old.reason === next.reason;
      return same
        ? old
        : {
            ...next,
            lastTransitionTime: old?.status === next.status ? (old.lastTransitionTime ?? timestamp()) : timestamp(),
          };
    });
    if (JSON.stringify(conditions) === JSON.stringify(before)) return;
    await resource.updateStatus(
      { ...namespace, status: { ...namespace.status, phase: 'Terminating', conditions } },
      { signal },
    );
  }
}

interface Outcome {
  discovery: Discovery;
  failures: string[];
  /** Objects left, by resource, and how many have which finalizer. */
  remaining: Map<string, number>;
  finalizers: Map<string, number>;
}

function isEmpty({ discovery, failures, remaining }: Outcome): boolean {
  return discovery.failed.length === 0 && failures.length === 0 && remaining.size === 0;
}

/** Deletes what is there: pods first, since what they need must outlive them. */
async function emptyNamespace(client: ClusterClient, namespace: string, signal: AbortSignal): Promise<Outcome> {
  const discovery = await discoverResources(client, signal);
  const outcome: Outcome = { discovery, failures: [], remaining: new Map(), finalizers: new Map() };
  const deletable = discovery.resources.filter(
    ({ namespaced, verbs }) =>
      namespaced && verbs.includes('list') && (verbs.includes('delete') || verbs.includes('deletecollection')),
  );
  const isPods = ({ group, plural }: DiscoveredResource) => group === '' && plural === 'pods';
  for (const part of [deletable.filter(isPods), deletable.filter((each) => !isPods(each))]) {
    // A few at a time: a namespace that goes must not take the server's attention from others.
    for (let i = 0; i < part.length; i += 4) {
      await Promise.all(
        part.slice(i, i + 4).map((resource) => emptyResource(client, resource, namespace, outcome, signal)),
      );
    }
    if (outcome.remaining.size > 0) break;
  }
  return outcome;
}

async function emptyResource(
  client: ClusterClient,
  { apiVersion, group, plural, verbs }: DiscoveredResource,
  namespace: string,
  outcome: Outcome,
  signal: AbortSignal,
): Promise<void> {
  const resource = client.metadata(apiVersion, plural);
  try {
    let { items } = await resource.list({ namespace, signal });
    if (items.length === 0) return;
    if (verbs.includes('deletecollection')) {
      await resource.deleteCollection({ namespace, propagationPolicy: 'Background', signal });
    } else {
      for (const { metadata } of items) {
        await resource
          .delete(metadata.name ?? '', { namespace, propagationPolicy: 'Background', signal })
          .catch((error: unknown) => {
            if (!isNotFound(error)) throw error;
          });
      }
    }
    items = (await resource.list({ namespace, signal })).items;
    if (items.length === 0) return;
    outcome.remaining.set(group === '' ? plural : `${plural}.${group}`, items.length);
    for (const { metadata } of items) {
      for (const name of metadata.finalizers ?? [])
        outcome.finalizers.set(name, (outcome.finalizers.get(name) ?? 0) + 1);
    }
  } catch (error) {
    if (signal.aborted) throw error;
    outcome.failures.push(`${plural} (${apiVersion}): ${error instanceof Error ? error.message : String(error)}`);
  }
}

function conditionsOf({ discovery, failures, remaining, finalizers }: Outcome): NamespaceCondition[] {
  const condition = (type: string, bad: string | undefined, badReason: string, goodReason: string, good: string) => ({
    type,
    status: bad === undefined ? 'False' : 'True',
    reason: bad === undefined ? goodReason : badReason,
    message: bad ?? good,
  });
  const joined = (counts: ReadonlyMap<string, number>, what: (name: string, count: number) => string) =>
    counts.size === 0
      ? undefined
      : [...counts]
          .sort()
          .map(([name, count]) => what(name, count))
          .join(', ');
  const left = joined(remaining, (name, count) => `${name} has ${count} resource instances`);
  const held = joined(finalizers, (name, count) => `${name} in ${count} resource instances`);
  return [
    condition(
      'NamespaceDeletionDiscoveryFailure',
      discovery.failed.length === 0 ? undefined : `Cannot ask for the resources of: ${discovery.failed.join(', ')}`,
      'DiscoveryFailed',
      'ResourcesDiscovered',
      'All resources successfully discovered',
    ),
    condition(
      'NamespaceDeletionContentFailure',
      failures.length === 0 ? undefined : `Failed to delete all resource types: ${failures.join('; ')}`,
      'ContentDeletionFailed',
      'ContentDeleted',
      'All content successfully deleted, may be waiting on finalization',
    ),
    condition(
      'NamespaceContentRemaining',
      left && `Some resources are remaining: ${left}`,
      'SomeResourcesRemain',
      'ContentRemoved',
      'All content successfully removed',
    ),
    condition(
      'NamespaceFinalizersRemaining',
      held && `Some content in the namespace has finalizers remaining: ${held}`,
      'SomeFinalizersRemain',
      'ContentHasNoFinalizers',
      'All content-preserving finalizers finished',
    ),
  ];
}
