/** Gives pods their node, after `pkg/scheduler`: filter, score, bind. */

import { StatusError } from '../../api/status.ts';
import type { Binding, Node, Pod } from '../../api/types/core-v1.ts';
import { objectKey } from '../../client/object-key.ts';
import { sameJson } from '../../lib/canonical-json.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { isNotFound, reconcileLoop } from '../controller.ts';
import { isActive, isTerminal, timestamp } from '../pod-state.ts';
import type { Candidate } from './placement.ts';
import { place } from './placement.ts';

const schedulerName = 'default-scheduler';
/** A pod that fits nowhere is tried again after this time, besides whenever something changes that could help. */
const retryMs = 60_000;

export const schedulerController: Controller = { name: 'scheduler', start };

function start(context: ControllerContext): void {
  const { client, informers, signal } = context;
  const pods = informers.of<Pod>('v1', 'pods');
  const nodes = informers.of<Node>('v1', 'nodes');
  const podClient = client.resource<Pod>('v1', 'pods');
  const bindings = client.resource<Binding>('v1', 'pods');
  const events = context.recorder(schedulerName);
  /** Bound by us, not shown by the cache yet: by key, with uid and node. */
  const assumed = new Map<string, { uid: string; node: string }>();
  const waiting = new Set<string>();
  // One after the other: each decision counts with those before it.
  const queue = reconcileLoop(context, { name: 'scheduler', needs: [pods, nodes], workers: 1, process: schedule });

  const retryWaiting = () => {
    for (const key of waiting) queue.add(key);
    waiting.clear();
  };
  pods.onChange((next, previous) => {
    const pod = next ?? previous;
    if (pod === undefined) return;
    const key = objectKey(pod);
    if (next === undefined || next.spec?.nodeName) assumed.delete(key);
    if (next === undefined) waiting.delete(key);
    else if (isOurs(next)) {
      // Its own new condition is no reason to look again.
      if (
        previous === undefined ||
        !sameJson(previous.spec, next.spec) ||
        !sameJson(previous.metadata.labels, next.metadata.labels)
      )
        queue.add(key);
    }
    const freed = previous?.spec?.nodeName && (next === undefined || (isTerminal(next) && !isTerminal(previous)));
    if (freed) retryWaiting();
  });
  nodes.onChange((next, previous) => {
    if (next === undefined) return;
    const relevant = (node: Node | undefined) => [
      node?.spec,
      node?.metadata.labels,
      node?.status?.allocatable,
      node?.status?.conditions?.map(({ type, status }) => [type, status]),
    ];
    if (!sameJson(relevant(next), relevant(previous))) retryWaiting();
  });

  async function schedule(key: string): Promise<void> {
    const pod = pods.get(key);
    if (pod === undefined || !isOurs(pod) || assumed.get(key)?.uid === pod.metadata.uid) return;
    const placement = place(pod, candidates());
    if ('refused' in placement) {
      waiting.add(key);
      queue.addAfter(key, retryMs);
      events.record({ about: pod, type: 'Warning', reason: 'FailedScheduling', message: placement.refused });
      await report(pod, placement.refused);
      return;
    }
    await bind(key, pod, placement.node);
  }

  function candidates(): Candidate[] {
    const perNode = new Map<string, Pod[]>();
    for (const pod of pods.list()) {
      const node = pod.spec?.nodeName || assumed.get(objectKey(pod))?.node;
      if (!node || isTerminal(pod)) continue;
      const there = perNode.get(node);
      if (there === undefined) perNode.set(node, [pod]);
      else there.push(pod);
    }
    return nodes
      .list()
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .map((node) => ({ node, pods: perNode.get(node.metadata.name ?? '') ?? [] }));
  }

  async function bind(key: string, pod: Pod, node: string): Promise<void> {
    const { name = '', namespace = '', uid = '' } = pod.metadata;
    assumed.set(key, { uid, node });
    try {
      await bindings.create(
        {
          apiVersion: 'v1',
          kind: 'Binding',
          metadata: { name, namespace, uid },
          target: { apiVersion: 'v1', kind: 'Node', name: node },
        },
        { subresource: 'binding', signal },
      );
    } catch (error) {
      assumed.delete(key);
      // Gone, replaced, or bound by somebody else: the cache will show which.
      if (isNotFound(error) || (error instanceof StatusError && error.reason === 'Conflict')) return;
      throw error;
    }
    const message = `Successfully assigned ${key} to ${node}`;
    events.record({ about: pod, type: 'Normal', reason: 'Scheduled', message });
  }

  async function report(pod: Pod, message: string): Promise<void> {
    const before = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
    if (before?.status === 'False' && before.reason === 'Unschedulable' && before.message === message) return;
    const { name = '', namespace = '', uid } = pod.metadata;
    const lastTransitionTime = before?.status === 'False' ? before.lastTransitionTime : timestamp();
    const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message, lastTransitionTime };
    await podClient
      .patch(
        name,
        { metadata: { uid }, status: { conditions: [condition] } },
        { type: 'application/strategic-merge-patch+json', namespace, subresource: 'status', signal },
      )
      .catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
  }
}

/** Without a node, not held back, and nobody else's. */
function isOurs(pod: Pod): boolean {
  const { nodeName, schedulerName: wanted = schedulerName, schedulingGates = [] } = pod.spec ?? {};
  return !nodeName && wanted === schedulerName && schedulingGates.length === 0 && isActive(pod);
}
