/** Containers of pods and of templates for pods. */
import type {
  Container,
  ContainerPort,
  ContainerState,
  ContainerStatus,
  ResourceRequirements,
} from '../../api/types/core-v1.ts';
import type { Description } from './description.ts';
import { describeEnvironment, type FieldValue } from './environment.ts';
import { sortedPairs } from './labels.ts';
import { probeText } from './probes.ts';
import { mailTime } from './times.ts';
import { amountText, trueOrFalse } from './values.ts';

export interface ContainersOptions {
  label: string;
  statuses?: readonly ContainerStatus[] | undefined;
  /** What a field of the pod holds, where there is a pod. */
  fieldValue?: FieldValue;
  /** Within a template, which is indented. */
  indent?: string;
}

export function describeContainers(
  out: Description,
  containers: readonly Container[],
  { label, statuses = [], fieldValue, indent = '' }: ContainersOptions,
): void {
  out.line(0, `${indent}${label}:${containers.length === 0 ? ' <none>' : ''}`);
  for (const container of containers) {
    const status = statuses.find(({ name }) => name === container.name);
    out.line(1, `${indent === '' ? '' : ' '}${container.name}:`);
    describeImage(out, container, status);
    describeWords(out, 'Command', container.command);
    describeWords(out, 'Args', container.args);
    if (status !== undefined) describeStatus(out, status);
    describeResources(out, container.resources, 2);
    if (container.livenessProbe) out.field(2, 'Liveness', probeText(container.livenessProbe));
    if (container.readinessProbe) out.field(2, 'Readiness', probeText(container.readinessProbe));
    if (container.startupProbe) out.field(2, 'Startup', probeText(container.startupProbe));
    describeEnvironment(out, container, fieldValue);
    describeMounts(out, container);
  }
}

function describeImage(out: Description, container: Container, status: ContainerStatus | undefined): void {
  const { image, ports = [], securityContext } = container;
  if (status !== undefined) out.field(2, 'Container ID', status.containerID);
  out.field(2, 'Image', image);
  if (status !== undefined) out.field(2, 'Image ID', status.imageID);
  describePorts(out, 'Port', ports, ({ containerPort }) => containerPort);
  describePorts(out, 'Host Port', ports, ({ hostPort = 0 }) => hostPort);
  const profile = securityContext?.seccompProfile;
  if (profile === undefined) return;
  out.field(2, 'SeccompProfile', profile.type);
  if (profile.type === 'Localhost') out.field(3, 'LocalhostProfile', profile.localhostProfile);
}

function describePorts(
  out: Description,
  label: string,
  ports: readonly ContainerPort[],
  numberOf: (port: ContainerPort) => number,
): void {
  const texts = ports.map((port) => {
    const text = `${numberOf(port)}/${port.protocol ?? ''}`;
    return port.name ? `${text} (${port.name})` : text;
  });
  out.field(2, texts.length > 1 ? `${label}s` : label, texts.join(', ') || '<none>');
}

function describeWords(out: Description, label: string, words: readonly string[] = []): void {
  if (words.length === 0) return;
  out.line(2, `${label}:`);
  for (const line of words.flatMap((word) => word.split('\n'))) out.line(3, line);
}

function describeStatus(out: Description, { state, lastState, ready, restartCount }: ContainerStatus): void {
  describeState(out, 'State', state);
  if (lastState?.terminated !== undefined) describeState(out, 'Last State', lastState);
  out.field(2, 'Ready', trueOrFalse(ready));
  out.field(2, 'Restart Count', restartCount);
}

function describeState(out: Description, label: string, { running, waiting, terminated }: ContainerState = {}): void {
  if (running !== undefined) {
    out.field(2, label, 'Running');
    out.field(3, 'Started', mailTime(running.startedAt));
  } else if (waiting !== undefined || terminated === undefined) {
    out.field(2, label, 'Waiting');
    out.optional(3, 'Reason', waiting?.reason);
  } else {
    out.field(2, label, 'Terminated');
    out.optional(3, 'Reason', terminated.reason);
    out.optional(3, 'Message', terminated.message);
    out.field(3, 'Exit Code', terminated.exitCode);
    if ((terminated.signal ?? 0) > 0) out.field(3, 'Signal', terminated.signal);
    out.field(3, 'Started', mailTime(terminated.startedAt));
    out.field(3, 'Finished', mailTime(terminated.finishedAt));
  }
}

export function describeResources(out: Description, resources: ResourceRequirements | undefined, level: number): void {
  const lists = { Limits: resources?.limits, Requests: resources?.requests };
  for (const [label, amounts] of Object.entries(lists)) {
    const pairs = sortedPairs(amounts);
    if (pairs.length > 0) out.line(level, `${label}:`);
    for (const [name, amount] of pairs) out.field(level + 1, name, amountText(amount));
  }
}

function describeMounts(out: Description, { volumeMounts = [], volumeDevices = [] }: Container): void {
  const none = volumeMounts.length === 0 ? ['<none>'] : [];
  out.line(2, 'Mounts:', ...none);
  for (const { mountPath, name, readOnly, subPath } of sortedBy(volumeMounts, ({ mountPath }) => mountPath)) {
    const how = [readOnly === true ? 'ro' : 'rw', ...(subPath ? [`path=${JSON.stringify(subPath)}`] : [])];
    out.line(3, `${mountPath} from ${name} (${how.join(',')})`);
  }
  if (volumeDevices.length === 0) return;
  out.line(2, 'Devices:', ...none);
  for (const { devicePath, name } of sortedBy(volumeDevices, ({ devicePath }) => devicePath)) {
    out.line(3, `${devicePath} from ${name}`);
  }
}

function sortedBy<T>(values: readonly T[], keyOf: (value: T) => string): T[] {
  return [...values].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}
