/** Keeps as many pods as a ReplicaSet asks for, after `pkg/controller/replicaset/replica_set.go`. */
import { labelSelectorOf, matchesLabels } from '../../api/selectors/label-selector.ts';
import type { ReplicaSet } from '../../api/types/apps-v1.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import { objectKey } from '../../client/object-key.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { isNamespaceTerminating, isNotFound, reconcileLoop } from '../controller.ts';
import { controllerOf, controllerReference } from '../owner.ts';
import { isActive } from '../pod-state.ts';
import { byNamespace } from '../shared-informers.ts';
import { claimPods } from './claim-pods.ts';
import { rankForDeletion } from './deletion-rank.ts';
import { Expectations } from './expectations.ts';
import type { ReplicaFailure } from './status.ts';
import { replicaSetStatus, sameReplicaSetStatus } from './status.ts';

/** Pods created or deleted in one pass. */
const burst = 500;

export const replicaSetController: Controller = { name: 'replicaset', start };

function start(context: ControllerContext): void {
  const { client, informers, signal } = context;
  const sets = informers.of<ReplicaSet>('apps/v1', 'replicasets');
  const pods = informers.of<Pod>('v1', 'pods');
  const podClient = client.resource<Pod>('v1', 'pods');
  const setClient = client.resource<ReplicaSet>('apps/v1', 'replicasets');
  const events = context.recorder('replicaset-controller');
  const expectations = new Expectations();
  const queue = reconcileLoop(context, { name: 'replicaset', needs: [sets, pods], workers: 5, process: reconcile });

  sets.onChange((next, previous) => {
    const set = next ?? previous;
    if (set === undefined) return;
    if (next === undefined) expectations.forget(objectKey(set));
    queue.add(objectKey(set));
  });
  pods.onChange((next, previous) => {
    for (const pod of [next, previous]) if (pod !== undefined) podChanged(pod, next, previous);
  });

  function podChanged(pod: Pod, next: Pod | undefined, previous: Pod | undefined): void {
    const owner = controllerOf(pod);
    const { namespace = '', uid = '' } = pod.metadata;
    if (owner?.kind === 'ReplicaSet') {
      const key = `${namespace}/${owner.name}`;
      if (previous === undefined) expectations.created(key);
      if (next === undefined || next.metadata.deletionTimestamp !== undefined) expectations.deleted(key, uid);
      queue.add(key);
    } else if (owner === undefined && pod === next) {
      for (const set of sets.byIndex(byNamespace, namespace)) {
        if (matchesLabels(labelSelectorOf(set.spec?.selector) ?? [], pod.metadata.labels)) queue.add(objectKey(set));
      }
    }
  }

  async function reconcile(key: string): Promise<void> {
    const set = sets.get(key);
    if (set === undefined) return;
    const settled = expectations.satisfied(key);
    const active = (await claimPods(set, { client, pods, signal })).filter(isActive);
    let failure: ReplicaFailure | undefined;
    let error: unknown;
    if (settled && set.metadata.deletionTimestamp === undefined) {
      const difference = (set.spec?.replicas ?? 1) - active.length;
      try {
        if (difference > 0) await createPods(key, set, Math.min(difference, burst));
        else if (difference < 0)
          await deletePods(key, set, rankForDeletion(active).slice(0, Math.min(-difference, burst)));
      } catch (thrown) {
        error = thrown;
        const message = thrown instanceof Error ? thrown.message : String(thrown);
        failure = { reason: difference > 0 ? 'FailedCreate' : 'FailedDelete', message };
      }
    } else failure = currentFailure(set);
    const { status, nextAvailableMs } = replicaSetStatus(set, active, failure);
    if (!sameReplicaSetStatus(set.status, status)) {
      await setClient.updateStatus({ ...set, status }, { signal }).catch((thrown: unknown) => {
        if (!isNotFound(thrown)) throw thrown;
      });
    }
    if (Number.isFinite(nextAvailableMs)) queue.addAfter(key, nextAvailableMs + 50);
    if (error !== undefined) throw error;
  }

  /** One first, then twice as many each time: what is refused once is not asked five hundred times. */
  async function createPods(key: string, set: ReplicaSet, count: number): Promise<void> {
    expectations.expect(key, { creations: count });
    const pod = podOf(set);
    let left = count;
    for (let batch = 1; left > 0; batch *= 2) {
      const size = Math.min(batch, left);
      const outcomes = await Promise.allSettled(Array.from({ length: size }, () => podClient.create(pod, { signal })));
      left -= size;
      let failed: unknown;
      for (const outcome of outcomes) {
        if (outcome.status === 'fulfilled') {
          const message = `Created pod: ${outcome.value.metadata.name}`;
          events.record({ about: set, type: 'Normal', reason: 'SuccessfulCreate', message });
        } else {
          expectations.created(key);
          failed = outcome.reason;
        }
      }
      if (failed === undefined) continue;
      expectations.created(key, left);
      if (isNamespaceTerminating(failed)) return;
      const message = `Error creating: ${failed instanceof Error ? failed.message : String(failed)}`;
      if (!signal.aborted) events.record({ about: set, type: 'Warning', reason: 'FailedCreate', message });
      throw failed;
    }
  }

  async function deletePods(key: string, set: ReplicaSet, doomed: readonly Pod[]): Promise<void> {
    expectations.expect(key, { deletions: doomed.map(({ metadata }) => metadata.uid ?? '') });
    let failed: unknown;
    await Promise.all(
      doomed.map(async ({ metadata: { name = '', namespace = '', uid = '' } }) => {
        try {
          await podClient.delete(name, { namespace, preconditions: { uid }, signal });
          events.record({ about: set, type: 'Normal', reason: 'SuccessfulDelete', message: `Deleted pod: ${name}` });
        } catch (error) {
          expectations.deleted(key, uid);
          if (isNotFound(error)) return;
          failed = error;
          const message = `Error deleting: ${error instanceof Error ? error.message : String(error)}`;
          if (!signal.aborted) events.record({ about: set, type: 'Warning', reason: 'FailedDelete', message });
        }
      }),
    );
    if (failed !== undefined) throw failed;
  }
}

function podOf(set: ReplicaSet): Pod {
  const { metadata = {}, spec } = set.spec?.template ?? {};
  const { namespace = '', name = '' } = set.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      // Names end in five letters or digits; the prefix leaves them room.
      generateName: `${name.slice(0, 247)}-`,
      namespace,
      ...(metadata.labels && { labels: metadata.labels }),
      ...(metadata.annotations && { annotations: metadata.annotations }),
      ...(metadata.finalizers && { finalizers: metadata.finalizers }),
      ownerReferences: [controllerReference(set)],
    },
    ...(spec && { spec }),
  };
}

/** A pass that does not act leaves what an earlier one reported. */
function currentFailure({ status }: ReplicaSet): ReplicaFailure | undefined {
  const condition = status?.conditions?.find(({ type }) => type === 'ReplicaFailure');
  if (condition?.reason !== 'FailedCreate' && condition?.reason !== 'FailedDelete') return undefined;
  return { reason: condition.reason, message: condition.message ?? '' };
}
