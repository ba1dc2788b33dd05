import { isReason, StatusError } from '../../../api/status.ts';
import type { Lease } from '../../../api/types/coordination-v1.ts';
import type { Node, Pod } from '../../../api/types/core-v1.ts';
import type { ResourceSlice } from '../../../api/types/resource-v1.ts';
import type { Description } from '../description.ts';
import { describeAnnotations, describeLabels, sortedPairs } from '../labels.ts';
import { describeAllocation } from '../node-allocation.ts';
import type { Related } from '../related.ts';
import { mailTime } from '../times.ts';
import { amountText } from '../values.ts';

export async function describeNode(node: Node, out: Description, related: Related): Promise<void> {
  const { metadata, spec = {} } = node;
  const { name = '' } = metadata;
  const [pods, lease, slices] = await Promise.all([
    runningPods(name, related),
    leaseOf(name, related),
    resourceSlices(name, related),
  ]);
  out.field(0, 'Name', name);
  out.field(0, 'Roles', rolesOf(metadata.labels).join(',') || '<none>');
  describeLabels(out, metadata.labels);
  describeAnnotations(out, metadata.annotations);
  out.field(0, 'CreationTimestamp', mailTime(metadata.creationTimestamp));
  const taints = (spec.taints ?? []).map(({ key, value = '', effect }) => ({
    text: `${key}${value === '' ? '' : `=${value}`}:${effect}`,
    order: `${effect},${key}`,
  }));
  taints.sort((a, b) => (a.order < b.order ? -1 : 1));
  out.list(
    'Taints',
    taints.map(({ text }) => text),
  );
  out.field(0, 'Unschedulable', spec.unschedulable ?? false);
  describeLease(out, lease);
  describeStatus(out, node);
  describeSlices(out, slices);
  describeSystem(out, node);
  if (pods === undefined) out.field(0, 'Pods', 'not authorized');
  else describeAllocation(out, node, pods);
}

/** Undefined where the user may not see pods. */
async function runningPods(node: string, related: Related): Promise<Pod[] | undefined> {
  try {
    const fieldSelector = `spec.nodeName=${node},status.phase!=Failed,status.phase!=Succeeded`;
    return await related.all<Pod>('v1', 'pods', { fieldSelector });
  } catch (error) {
    if (isReason(error, 'Forbidden')) return undefined;
    throw error;
  }
}

/** By which the node says that it lives; or why it cannot be read. */
async function leaseOf(node: string, related: Related): Promise<Lease | string> {
  try {
    return await related.one<Lease>('coordination.k8s.io/v1', 'leases', node, 'kube-node-lease');
  } catch (error) {
    if (error instanceof StatusError) return `Failed to get lease: ${error.message}`;
    throw error;
  }
}

/** None where the server has none or the user may not see them. */
async function resourceSlices(node: string, related: Related): Promise<ResourceSlice[]> {
  try {
    const fieldSelector = `spec.nodeName=${node}`;
    return await related.all<ResourceSlice>('resource.k8s.io/v1', 'resourceslices', { fieldSelector });
  } catch (error) {
    if (error instanceof StatusError) return [];
    throw error;
  }
}

const rolePrefix = 'node-role.kubernetes.io/';

function rolesOf(labels: Readonly<Record<string, string>> = {}): string[] {
  const roles = Object.entries(labels).flatMap(([key, value]) => {
    if (key.startsWith(rolePrefix)) return [key.slice(rolePrefix.length)];
    return key === 'kubernetes.io/role' ? [value] : [];
  });
  return [...new Set(roles.filter((role) => role !== ''))].sort();
}

function describeLease(out: Description, lease: Lease | string): void {
  if (typeof lease === 'string') {
    out.field(0, 'Lease', lease);
    return;
  }
  const { holderIdentity, acquireTime, renewTime } = lease.spec ?? {};
  out.line(0, 'Lease:');
  out.field(1, 'HolderIdentity', holderIdentity ?? '<unset>');
  out.field(1, 'AcquireTime', acquireTime ? mailTime(acquireTime) : '<unset>');
  out.field(1, 'RenewTime', renewTime ? mailTime(renewTime) : '<unset>');
}

function describeStatus(out: Description, { status = {} }: Node): void {
  const { conditions = [], addresses = [], capacity, allocatable } = status;
  if (conditions.length > 0) {
    out.line(0, 'Conditions:');
    out.line(1, 'Type', 'Status', 'LastHeartbeatTime', 'LastTransitionTime', 'Reason', 'Message');
    out.line(1, '----', '------', '-----------------', '------------------', '------', '-------');
  }
  for (const { type, status: state, lastHeartbeatTime, lastTransitionTime, reason = '', message = '' } of conditions) {
    const cells = [type, state, mailTime(lastHeartbeatTime), mailTime(lastTransitionTime), reason];
    out.line(1, ...cells.map((cell) => `${cell} `), message);
  }
  out.line(0, 'Addresses:');
  for (const { type, address } of addresses) out.field(1, type, address);
  for (const [label, amounts] of Object.entries({ Capacity: capacity, Allocatable: allocatable })) {
    const pairs = sortedPairs(amounts);
    if (pairs.length > 0) out.line(0, `${label}:`);
    for (const [resource, amount] of pairs) out.field(1, resource, amountText(amount));
  }
}

const mostPools = 10;

/** Devices that only this node has, by driver and pool. */
function describeSlices(out: Description, slices: readonly ResourceSlice[]): void {
  const pools = new Map<string, { driver: string; pool: string; slices: number; devices: number }>();
  for (const { spec } of slices) {
    const key = `${spec.driver}/${spec.pool.name}`;
    const known = pools.get(key) ?? { driver: spec.driver, pool: spec.pool.name, slices: 0, devices: 0 };
    const devices = known.devices + (spec.devices ?? []).length;
    pools.set(key, { ...known, slices: known.slices + 1, devices });
  }
  if (pools.size === 0) return;
  const sorted = sortedPairs(Object.fromEntries(pools)).map(([, pool]) => pool);
  out.line(0, 'Node-Local ResourceSlices:');
  const rows = sorted
    .slice(0, mostPools)
    .map(({ driver, pool, slices: count, devices }) => [driver, pool, String(count), String(devices)]);
  out.table(1, ['Driver', 'Pool', 'Slices', 'Devices'], rows);
  if (sorted.length > mostPools) out.line(1, `...and ${sorted.length - mostPools} more pools`);
}

function describeSystem(out: Description, { spec = {}, status = {} }: Node): void {
  const info = status.nodeInfo;
  out.line(0, 'System Info:');
  out.field(1, 'Machine ID', info?.machineID);
  out.field(1, 'System UUID', info?.systemUUID);
  out.field(1, 'Boot ID', info?.bootID);
  out.field(1, 'Kernel Version', info?.kernelVersion);
  out.field(1, 'OS Image', info?.osImage);
  out.field(1, 'Operating System', info?.operatingSystem);
  out.field(1, 'Architecture', info?.architecture);
  out.field(1, 'Container Runtime Version', info?.containerRuntimeVersion);
  out.field(1, 'Kubelet Version', info?.kubeletVersion);
  out.optional(0, 'PodCIDR', spec.podCIDR);
  out.optional(0, 'PodCIDRs', (spec.podCIDRs ?? []).join(','));
  out.optional(0, 'ProviderID', spec.providerID);
}
