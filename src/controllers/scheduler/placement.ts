/** Where a pod may run, and where it runs best. Pure functions, after `pkg/scheduler/framework/plugins`. */
import type { Node, NodeSelectorRequirement, NodeSelectorTerm, Pod } from '../../api/types/core-v1.ts';
import { controllerOf } from '../owner.ts';
import { tolerates, untolerated } from '../tolerations.ts';
import type { Amounts } from './resource-amounts.ts';
import { addAmounts, requestsOf, toAmounts } from './resource-amounts.ts';

/** A node with the pods that are, or will be, on it. */
export interface Candidate {
  node: Node;
  pods: readonly Pod[];
}

export type Placement = { node: string } | { refused: string };

/** The best node, or why there is none in the words of `kubectl describe pod`. */
export function place(pod: Pod, candidates: readonly Candidate[]): Placement {
  if (candidates.length === 0) return { refused: 'no nodes available to schedule pods' };
  const reasons = new Map<string, number>();
  const fitting: { name: string; score: number }[] = [];
  for (const candidate of candidates) {
    const used = usedOn(candidate);
    const against = objections(pod, candidate, used);
    if (against.length === 0) {
      fitting.push({ name: candidate.node.metadata.name ?? '', score: scoreOf(pod, candidate, used) });
    }
    for (const reason of against) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  const best = fitting.sort((a, b) => b.score - a.score)[0];
  if (best !== undefined) return { node: best.name };
  const list = [...reasons].map(([reason, count]) => `${count} ${reason}`).sort();
  return { refused: `0/${candidates.length} nodes are available: ${list.join(', ')}.` };
}

function objections(pod: Pod, { node, pods }: Candidate, used: Amounts): string[] {
  const tolerations = pod.spec?.tolerations ?? [];
  const unschedulable = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
  if (node.spec?.unschedulable === true && !tolerations.some((each) => tolerates(each, unschedulable))) {
    return ['node(s) were unschedulable'];
  }
  if (untolerated(node.spec?.taints ?? [], tolerations).length > 0) return ['node(s) had untolerated taint(s)'];
  const notReady = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };
  if (!isNodeReady(node) && !tolerations.some((each) => tolerates(each, notReady))) return ['node(s) were not ready'];
  if (!matchesNode(pod, node)) return ["node(s) didn't match Pod's node affinity/selector"];
  if (hasPortConflict(pod, pods)) return ["node(s) didn't have free ports for the requested pod ports"];
  const allocatable = toAmounts(node.status?.allocatable ?? node.status?.capacity);
  const short: string[] = [];
  for (const [name, amount] of requestsOf(pod)) {
    if (
      amount === 0 ||
      (used.get(name) ?? 0) + amount <= (allocatable.get(name) ?? (name === 'pods' ? Number.POSITIVE_INFINITY : 0))
    )
      continue;
    short.push(name === 'pods' ? 'Too many pods' : `Insufficient ${name}`);
  }
  return short;
}

export function isNodeReady({ status }: Node): boolean {
  return status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') === true;
}

function usedOn({ pods }: Candidate): Amounts {
  const used: Amounts = new Map();
  for (const pod of pods) addAmounts(used, requestsOf(pod));
  return used;
}

function matchesNode({ spec }: Pod, node: Node): boolean {
  const labels = node.metadata.labels ?? {};
  for (const [key, value] of Object.entries(spec?.nodeSelector ?? {})) if (labels[key] !== value) return false;
  const required = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || required.nodeSelectorTerms.some((term) => matchesTerm(term, node));
}

/** An empty term matches nothing. */
function matchesTerm({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, node: Node): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false;
  const labels = node.metadata.labels ?? {};
  return (
    matchExpressions.every((requirement) => holds(requirement, labels[requirement.key])) &&
    matchFields.every((requirement) =>
      holds(requirement, requirement.key === 'metadata.name' ? node.metadata.name : undefined),
    )
  );
}

function holds({ operator, values = [] }: NodeSelectorRequirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return value !== undefined && Number(value) > Number(values[0]);
    case 'Lt':
      return value !== undefined && Number(value) < Number(values[0]);
    default:
      return false;
  }
}

function hostPorts({ spec }: Pod): { port: number; protocol: string; ip: string }[] {
  const ports = (spec?.containers ?? []).flatMap(({ ports: list = [] }) => list);
  return ports.flatMap(({ hostPort, protocol = 'TCP', hostIP }) =>
    hostPort ? [{ port: hostPort, protocol, ip: hostIP || '0.0.0.0' }] : [],
  );
}

function hasPortConflict(pod: Pod, others: readonly Pod[]): boolean {
  const wanted = hostPorts(pod);
  if (wanted.length === 0) return false;
  const taken = others.flatMap(hostPorts);
  const any = '0.0.0.0';
  return wanted.some((a) =>
    taken.some(
      (b) => a.port === b.port && a.protocol === b.protocol && (a.ip === b.ip || a.ip === any || b.ip === any),
    ),
  );
}

/** Free share of cpu and memory, and few pods of the same controller. */
function scoreOf(pod: Pod, { node, pods }: Candidate, used: Amounts): number {
  const allocatable = toAmounts(node.status?.allocatable);
  const requests = requestsOf(pod);
  const free = ['cpu', 'memory'].map((name) => {
    const total = allocatable.get(name) ?? 0;
    return total === 0 ? 0 : Math.max(0, total - (used.get(name) ?? 0) - (requests.get(name) ?? 0)) / total;
  });
  const owner = controllerOf(pod)?.uid;
  const siblings = owner === undefined ? 0 : pods.filter((each) => controllerOf(each)?.uid === owner).length;
  return free.reduce((sum, share) => sum + share, 0) / free.length + 1 / (1 + siblings) - pods.length * 1e-6;
}
