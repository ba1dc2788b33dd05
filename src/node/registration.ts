/** Makes the Node object, keeps it true, renews the node's Lease, so that the cluster knows that it lives, and says when it goes. */
import { isReason } from '../api/status.ts';
import type { Lease } from '../api/types/coordination-v1.ts';
import type { Node } from '../api/types/core-v1.ts';
import type { ClusterClient } from '../client/cluster-client.ts';
import { sleepUnlessAborted } from '../lib/abortable-sleep.ts';
import type { NodeFacts } from './node-object.ts';
import { nodeLabels, nodeStatus } from './node-object.ts';

const LEASE_NAMESPACE = 'kube-node-lease';
const LEASE_SECONDS = 40;
const RENEW_MS = 10_000;
/** An API server that has not answered by then hangs: the next attempt may get to another one, or on another connection. */
const PATIENCE_MS = 10_000;
/** The status is written again when this has passed, changed or not. */
const REPORT_MS = 300_000;

/** Resolves with the Node's uid when it is registered and reported Ready; tries until then. */
export async function registerNode(client: ClusterClient, facts: NodeFacts, signal: AbortSignal): Promise<string> {
  for (let wait = 50; ; wait = Math.min(wait * 2, 5000)) {
    const attempt = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
    try {
      const node = await ensureNode(client, facts, attempt);
      await writeStatus(client, facts, node, attempt);
      return node.metadata.uid ?? '';
    } catch (error) {
      signal.throwIfAborted();
      if (isReason(error, 'Forbidden') || isReason(error, 'Invalid')) throw error;
      await sleepUnlessAborted(wait, signal);
      signal.throwIfAborted();
    }
  }
}

/** Renews the Lease and the status until the signal fires. Never rejects. */
export async function keepAlive(
  client: ClusterClient,
  facts: NodeFacts,
  nodeUid: string,
  signal: AbortSignal,
): Promise<void> {
  let reportedAt = Date.now();
  while (!signal.aborted) {
    const round = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
    try {
      await renewLease(client, facts.name, nodeUid, round);
      // Somebody may have deleted the Node, or declared it lost while this process was held up.
      const node = await ensureNode(client, facts, round);
      if (!isReady(node) || Date.now() - reportedAt > REPORT_MS) {
        await writeStatus(client, facts, node, round);
        reportedAt = Date.now();
      }
    } catch {
      // The API server is away: the next round tries again, at once where this one has taken its time.
      if (round.aborted) continue;
    }
    await sleepUnlessAborted(RENEW_MS, signal);
  }
}

/**
 * Tells the cluster that the node is about to go, so that no more pods are bound to it. Nothing else may report the node
 * meanwhile. Tries until the signal fires; never rejects.
 */
export async function reportLeaving(client: ClusterClient, facts: NodeFacts, signal: AbortSignal): Promise<void> {
  for (let wait = 50; !signal.aborted; wait *= 2) {
    try {
      const node = await client.resource<Node>('v1', 'nodes').get(facts.name, { signal });
      return await writeStatus(client, facts, node, signal, 'node is shutting down');
    } catch (error) {
      if (isReason(error, 'NotFound') || isReason(error, 'Forbidden')) return;
      await sleepUnlessAborted(wait, signal);
    }
  }
}

function isReady({ status }: Node): boolean {
  return status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') === true;
}

async function ensureNode(client: ClusterClient, facts: NodeFacts, signal: AbortSignal): Promise<Node> {
  const nodes = client.resource<Node>('v1', 'nodes');
  const { name, podCIDR } = facts;
  const labels = nodeLabels(name);
  const spec = { podCIDR, podCIDRs: [podCIDR] };
  let node: Node;
  try {
    node = await nodes.get(name, { signal });
  } catch (error) {
    if (!isReason(error, 'NotFound')) throw error;
    return await nodes.create({ apiVersion: 'v1', kind: 'Node', metadata: { name, labels }, spec }, { signal });
  }
  const isSame =
    node.spec?.podCIDR === podCIDR &&
    Object.entries(labels).every(([key, value]) => node.metadata.labels?.[key] === value);
  if (isSame) return node;
  return await nodes.patch(name, { metadata: { labels }, spec }, { type: 'application/merge-patch+json', signal });
}

async function writeStatus(
  client: ClusterClient,
  facts: NodeFacts,
  node: Node,
  signal: AbortSignal,
  obstacle?: string,
): Promise<void> {
  const status = nodeStatus(facts, node, new Date(), obstacle);
  await client
    .resource<Node>('v1', 'nodes')
    .patch(facts.name, { status }, { type: 'application/merge-patch+json', subresource: 'status', signal });
}

async function renewLease(client: ClusterClient, name: string, nodeUid: string, signal: AbortSignal): Promise<void> {
  const leases = client.resource<Lease>('coordination.k8s.io/v1', 'leases');
  const renewTime = new Date().toISOString().replace('Z', '000Z');
  const spec = { holderIdentity: name, leaseDurationSeconds: LEASE_SECONDS, renewTime };
  try {
    const options = { type: 'application/merge-patch+json', namespace: LEASE_NAMESPACE, signal } as const;
    await leases.patch(name, { spec }, options);
  } catch (error) {
    if (!isReason(error, 'NotFound')) throw error;
    const ownerReferences = [{ apiVersion: 'v1', kind: 'Node', name, uid: nodeUid }];
    const metadata = { name, namespace: LEASE_NAMESPACE, ownerReferences };
    await leases.create({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec }, { signal });
  }
}
