import type { Pod, PodStatus } from '../../../api/types/core-v1.ts';
import { qualityOfService } from '../../../apiserver/resources/pod-qos.ts';
import { describeContainers, describeResources } from '../containers.ts';
import type { Description } from '../description.ts';
import type { FieldValue } from '../environment.ts';
import { describeAnnotations, describeController, describeLabels } from '../labels.ts';
import { stateOf } from '../persistent-volume-claims.ts';
import { describePlacement, describeSpreading } from '../pod-template.ts';
import { mailTime } from '../times.ts';
import { describeVolumes } from '../volumes.ts';

export function describePod(pod: Pod, out: Description): void {
  const { metadata, spec = { containers: [] }, status = {} } = pod;
  out.field(0, 'Name', metadata.name);
  out.field(0, 'Namespace', metadata.namespace);
  out.optional(0, 'Priority', spec.priority);
  out.optional(0, 'Priority Class Name', spec.priorityClassName);
  out.optional(0, 'Runtime Class Name', spec.runtimeClassName);
  out.optional(0, 'Service Account', spec.serviceAccountName);
  out.field(0, 'Node', spec.nodeName ? `${spec.nodeName}/${status.hostIP ?? ''}` : '<none>');
  if (status.startTime) out.field(0, 'Start Time', mailTime(status.startTime));
  describeLabels(out, metadata.labels);
  describeAnnotations(out, metadata.annotations);
  describeState(out, pod, status);
  const profile = spec.securityContext?.seccompProfile;
  out.optional(0, 'SeccompProfile', profile?.type);
  if (profile?.type === 'Localhost') out.field(0, 'LocalhostProfile', profile.localhostProfile);
  out.field(0, 'IP', status.podIP);
  const { podIPs = [] } = status;
  out.line(0, 'IPs:', ...(podIPs.length === 0 ? ['<none>'] : []));
  for (const { ip } of podIPs) out.field(1, 'IP', ip);
  describeController(out, metadata);
  out.optional(0, 'NominatedNodeName', status.nominatedNodeName);
  if (spec.resources !== undefined) {
    out.line(0, 'Resources:');
    describeResources(out, spec.resources, 1);
  }
  describeAllContainers(out, pod);
  describePodConditions(out, pod);
  describeVolumes(out, spec.volumes);
  out.field(0, 'QoS Class', status.qosClass || qualityOfService(spec));
  describePlacementAndSpreading(out, pod);
}

function describeState(out: Description, { metadata }: Pod, { phase, reason, message }: PodStatus): void {
  const ends = metadata.deletionTimestamp !== undefined && phase !== 'Failed' && phase !== 'Succeeded';
  out.field(0, 'Status', ends ? stateOf(metadata, phase) : phase);
  if (ends) out.field(0, 'Termination Grace Period', `${metadata.deletionGracePeriodSeconds ?? 0}s`);
  out.optional(0, 'Reason', reason);
  out.optional(0, 'Message', message);
}

function describeAllContainers(out: Description, { metadata, spec, status = {} }: Pod): void {
  const { initContainers = [], containers = [], ephemeralContainers = [] } = spec ?? {};
  // kubectl looks up these two alone.
  const fieldValue: FieldValue = ({ fieldPath }) =>
    (fieldPath === 'metadata.name' ? metadata.name : fieldPath === 'metadata.namespace' ? metadata.namespace : '') ??
    '';
  if (initContainers.length > 0) {
    const statuses = status.initContainerStatuses;
    describeContainers(out, initContainers, { label: 'Init Containers', statuses, fieldValue });
  }
  describeContainers(out, containers, { label: 'Containers', statuses: status.containerStatuses, fieldValue });
  if (ephemeralContainers.length > 0) {
    const statuses = status.ephemeralContainerStatuses;
    describeContainers(out, ephemeralContainers, { label: 'Ephemeral Containers', statuses, fieldValue });
  }
}

function describePodConditions(out: Description, { spec, status = {} }: Pod): void {
  const { conditions = [] } = status;
  const { readinessGates = [] } = spec ?? {};
  const table = (label: string, rows: readonly (readonly [string, string])[]): void => {
    if (rows.length === 0) return;
    out.line(0, `${label}:`);
    out.line(1, 'Type', 'Status');
    for (const [type, state] of rows) out.line(1, `${type} `, `${state} `);
  };
  table(
    'Readiness Gates',
    readinessGates.map(({ conditionType }) => [
      conditionType,
      conditions.find(({ type }) => type === conditionType)?.status ?? '<none>',
    ]),
  );
  table(
    'Conditions',
    conditions.map(({ type, status: state }) => [type, state]),
  );
}

function describePlacementAndSpreading(out: Description, { spec }: Pod): void {
  const { schedulingGroup, ...placement } = spec ?? { containers: [] };
  describePlacement(out, placement);
  describeSpreading(out, spec?.topologySpreadConstraints);
  if (schedulingGroup === undefined) return;
  out.line(0, 'SchedulingGroup:');
  out.field(1, 'PodGroupName', schedulingGroup.podGroupName);
}
