/** Notices nodes that are gone or unwell, keeps new pods away and in the end moves theirs; after `pkg/controller/nodelifecycle`. */
import type { Lease } from '../api/types/coordination-v1.ts';
import type { Node, NodeCondition, Pod, Taint } from '../api/types/core-v1.ts';
import { sameJson } from '../lib/canonical-json.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { isNotFound, reconcileLoop } from './controller.ts';
import { isReady, timestamp } from './pod-state.ts';
import { evictionTime } from './tolerations.ts';

/** A node that renewed neither its Lease nor its status for this long is not known to live. */
const graceMs = 50_000;
const notReadyKey = 'node.kubernetes.io/not-ready';
const unreachableKey = 'node.kubernetes.io/unreachable';
const strategic = 'application/strategic-merge-patch+json';

/** Conditions that keep new pods away, besides Ready. */
const pressureTaints: readonly (readonly [condition: string, key: string])[] = [
  ['MemoryPressure', 'node.kubernetes.io/memory-pressure'],
  ['DiskPressure', 'node.kubernetes.io/disk-pressure'],
  ['PIDPressure', 'node.kubernetes.io/pid-pressure'],
  ['NetworkUnavailable', 'node.kubernetes.io/network-unavailable'],
];

export const nodeLifecycleController: Controller = { name: 'node-lifecycle', start };

function start(context: ControllerContext): void {
  const { client, informers, signal } = context;
  const nodes = informers.of<Node>('v1', 'nodes');
  const pods = informers.of<Pod>('v1', 'pods');
  const leases = informers.of<Lease>('coordination.k8s.io/v1', 'leases');
  const nodeClient = client.resource<Node>('v1', 'nodes');
  const podClient = client.resource<Pod>('v1', 'pods');
  const events = context.recorder('node-controller');
  /** By our own clock: the node's may be wrong, and we may have slept. */
  const heardOf = new Map<string, { sign: string; at: number }>();
  const queue = reconcileLoop(context, {
    name: 'node-lifecycle',
    needs: [nodes, pods, leases],
    workers: 1,
    process: reconcile,
  });
  nodes.onChange((next, previous) => {
    const { name = '' } = (next ?? previous)?.metadata ?? {};
    if (next === undefined) heardOf.delete(name);
    queue.add(name);
  });
  leases.onChange((next) => {
    if (next?.metadata.namespace === 'kube-node-lease') queue.add(next.metadata.name ?? '');
  });
  pods.onChange((next, previous) => {
    const node = next?.spec?.nodeName;
    if (node && previous?.spec?.nodeName !== node) queue.add(node);
  });

  async function reconcile(name: string): Promise<void> {
    const found = nodes.get(name);
    if (found === undefined || found.metadata.deletionTimestamp !== undefined) return;
    try {
      const silentMs = silence(found);
      const node = silentMs >= graceMs ? await markUnknown(found) : found;
      if (silentMs < graceMs) queue.addAfter(name, graceMs - silentMs + 100);
      await moveTaints(node);
      if (readiness(node) === 'Unknown') await markPodsNotReady(node);
      await evict(node);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  function silence(node: Node): number {
    const { name = '' } = node.metadata;
    const heartbeat = node.status?.conditions?.find(({ type }) => type === 'Ready')?.lastHeartbeatTime ?? '';
    const renewed = leases.get(`kube-node-lease/${name}`)?.spec?.renewTime ?? '';
    const sign = `${renewed} ${heartbeat}`;
    const before = heardOf.get(name);
    if (before?.sign === sign) return Date.now() - before.at;
    heardOf.set(name, { sign, at: Date.now() });
    return 0;
  }

  async function markUnknown(node: Node): Promise<Node> {
    const conditions = node.status?.conditions ?? [];
    const types = new Set(['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure']);
    if (conditions.some(({ type, status }) => type === 'Ready' && status === 'Unknown')) return node;
    const unknown = [...types].map((type): NodeCondition => {
      const before = conditions.find((condition) => condition.type === type);
      return {
        ...before,
        type,
        status: 'Unknown',
        reason: before === undefined ? 'NodeStatusNeverUpdated' : 'NodeStatusUnknown',
        message: before === undefined ? 'Kubelet never posted node status.' : 'Kubelet stopped posting node status.',
        lastTransitionTime: timestamp(),
      };
    });
    const { name = '' } = node.metadata;
    events.record({
      about: node,
      type: 'Normal',
      reason: 'NodeNotReady',
      message: `Node ${name} status is now: NodeNotReady`,
    });
    return nodeClient.patch(
      name,
      { status: { conditions: unknown } },
      { type: strategic, subresource: 'status', signal },
    );
  }

  async function moveTaints(node: Node): Promise<void> {
    const { name = '', resourceVersion } = node.metadata;
    const current = node.spec?.taints ?? [];
    const next = taintsFor(node, timestamp());
    if (sameJson(current, next)) return;
    // The version: somebody else's taint must not be lost.
    const patch = { metadata: { resourceVersion }, spec: { taints: next } };
    await nodeClient.patch(name, patch, { type: 'application/merge-patch+json', signal });
  }

  async function markPodsNotReady(node: Node): Promise<void> {
    for (const pod of podsOn(node)) {
      if (!isReady(pod)) continue;
      const { name = '', namespace = '', uid } = pod.metadata;
      const condition = { type: 'Ready', status: 'False', reason: 'NodeNotReady', lastTransitionTime: timestamp() };
      const patch = { metadata: { uid }, status: { conditions: [condition] } };
      await podClient
        .patch(name, patch, { type: strategic, namespace, subresource: 'status', signal })
        .catch(unlessGone);
    }
  }

  async function evict(node: Node): Promise<void> {
    const now = Date.now();
    let nextAt = Number.POSITIVE_INFINITY;
    for (const pod of podsOn(node)) {
      const { name = '', namespace = '', uid = '', deletionTimestamp } = pod.metadata;
      const at = evictionTime(node.spec?.taints ?? [], pod.spec?.tolerations ?? [], now);
      if (at === undefined || deletionTimestamp !== undefined) continue;
      if (at > now) {
        nextAt = Math.min(nextAt, at);
        continue;
      }
      events.record({
        about: pod,
        type: 'Normal',
        reason: 'TaintManagerEviction',
        message: `Deleting pod ${namespace}/${name}: its node has a taint that it does not tolerate`,
      });
      await podClient.delete(name, { namespace, preconditions: { uid }, signal }).catch(unlessGone);
    }
    if (Number.isFinite(nextAt)) queue.addAfter(node.metadata.name ?? '', nextAt - now + 50);
  }

  function podsOn(node: Node): Pod[] {
    return pods.list().filter(({ spec }) => spec?.nodeName === node.metadata.name);
  }
}

function readiness(node: Node): string {
  return node.status?.conditions?.find(({ type }) => type === 'Ready')?.status ?? 'Unknown';
}

/** The taints the node should have: what its conditions ask for, and those of others as they are. */
export function taintsFor(node: Node, now: string): Taint[] {
  const wanted: Taint[] = [];
  const add = (key: string, effect: string) => wanted.push({ key, effect });
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready')?.status;
  if (ready === 'False' || ready === undefined) add(notReadyKey, 'NoSchedule');
  if (ready === 'False') add(notReadyKey, 'NoExecute');
  if (ready === 'Unknown') {
    add(unreachableKey, 'NoSchedule');
    add(unreachableKey, 'NoExecute');
  }
  if (node.spec?.unschedulable === true) add('node.kubernetes.io/unschedulable', 'NoSchedule');
  for (const [condition, key] of pressureTaints) {
    if (node.status?.conditions?.some(({ type, status }) => type === condition && status === 'True'))
      add(key, 'NoSchedule');
  }
  const current = node.spec?.taints ?? [];
  const ours = new Set([
    notReadyKey,
    unreachableKey,
    'node.kubernetes.io/unschedulable',
    ...pressureTaints.map(([, key]) => key),
  ]);
  const same = (a: Taint, b: Taint) => a.key === b.key && a.effect === b.effect;
  const kept = current.filter((taint) => !ours.has(taint.key) || wanted.some((each) => same(each, taint)));
  const fresh = wanted.filter((taint) => !current.some((each) => same(each, taint)));
  return [...kept, ...fresh.map((taint) => ({ ...taint, timeAdded: now }))];
}

function unlessGone(error: unknown): void {
  if (!isNotFound(error)) throw error;
}
