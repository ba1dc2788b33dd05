/** The Node object as this machine is: addresses, capacity, system facts, conditions. */

import { readFileSync, statfsSync } from 'node:fs';
import { arch, availableParallelism, release, totalmem, version } from 'node:os';
import type { Node, NodeCondition, NodeStatus } from '../api/types/core-v1.ts';
import type { NodeResources } from './pods/resource-fields.ts';

export interface NodeFacts {
  name: string;
  /** Of the kubelet's API. */
  address: string;
  podCIDR: string;
  kubeletPort: number;
  runtimeVersion: string;
  images: readonly string[];
  /** For the size of the file system that pods write to. */
  dataDir: string;
}

/** The release whose behaviour this node has; scripts compare it with the server's. */
const KUBELET_VERSION = 'v1.36.3';

const MAX_PODS = '110';

/** What pods may have in all; the same as the machine has, since nothing is set aside. */
export function nodeResources(dataDir: string): NodeResources {
  const { blocks, bsize } = statfsSync(dataDir);
  return {
    cpu: String(availableParallelism()),
    memory: `${Math.floor(totalmem() / 1024)}Ki`,
    'ephemeral-storage': `${Math.floor((blocks * bsize) / 1024)}Ki`,
  };
}

export function nodeLabels(name: string): Record<string, string> {
  const os = process.platform;
  const architecture = goArchitecture();
  return {
    'beta.kubernetes.io/arch': architecture,
    'beta.kubernetes.io/os': os,
    'kubernetes.io/arch': architecture,
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': os,
  };
}

/**
 * `previous`: what the API has, whose transition times stay where nothing changed. `obstacle`: why the node takes no
 * pods, where it does not.
 */
export function nodeStatus(facts: NodeFacts, previous: Node | undefined, now: Date, obstacle?: string): NodeStatus {
  const resources = { ...nodeResources(facts.dataDir), pods: MAX_PODS };
  return {
    addresses: [
      { type: 'InternalIP', address: facts.address },
      { type: 'Hostname', address: facts.name },
    ],
    capacity: resources,
    allocatable: resources,
    conditions: conditions(previous, now, obstacle),
    // Kubernetes 1.36 then carries exec and attach on as WebSockets, and not as SPDY.
    declaredFeatures: ['ExtendWebSocketsToKubelet'],
    daemonEndpoints: { kubeletEndpoint: { Port: facts.kubeletPort } },
    images: facts.images.map((name) => ({ names: [name], sizeBytes: 0 })),
    nodeInfo: {
      architecture: goArchitecture(),
      bootID: firstLine('/proc/sys/kernel/random/boot_id'),
      containerRuntimeVersion: facts.runtimeVersion,
      kernelVersion: release(),
      kubeProxyVersion: '',
      kubeletVersion: KUBELET_VERSION,
      machineID: machineId(),
      operatingSystem: process.platform,
      osImage: osName(),
      systemUUID: '',
    },
  };
}

function conditions(previous: Node | undefined, now: Date, obstacle: string | undefined): NodeCondition[] {
  const time = now.toISOString().replace(/\.\d+Z$/, 'Z');
  const make = (type: string, status: string, reason: string, message: string): NodeCondition => {
    const before = previous?.status?.conditions?.find((condition) => condition.type === type);
    const lastTransitionTime = before?.status === status ? (before.lastTransitionTime ?? time) : time;
    return { type, status, reason, message, lastHeartbeatTime: time, lastTransitionTime };
  };
  return [
    make('MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
    make('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
    make('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
    obstacle === undefined
      ? make(
          'Ready',
          'True',
          'KubeletReady',
          'pods run as processes of this machine and listen on addresses of their own',
        )
      : make('Ready', 'False', 'KubeletNotReady', obstacle),
  ];
}

function goArchitecture(): string {
  const name = arch();
  return name === 'x64' ? 'amd64' : name === 'ia32' ? '386' : name;
}

function osName(): string {
  try {
    const match = /^PRETTY_NAME="?(.*?)"?$/m.exec(readFileSync('/etc/os-release', 'utf8'));
    if (match?.[1] !== undefined) return match[1];
  } catch {
    // Not Linux.
  }
  return version();
}

/** Empty where the system has none. */
export function machineId(): string {
  return firstLine('/etc/machine-id');
}

/** The lowest port on which an ordinary user may listen. */
export function firstOrdinaryPort(): number {
  const text = firstLine('/proc/sys/net/ipv4/ip_unprivileged_port_start');
  return text === '' ? 1024 : Number(text);
}

function firstLine(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}
