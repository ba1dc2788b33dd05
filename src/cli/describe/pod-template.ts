import type { PodSpec, PodTemplateSpec, Toleration, TopologySpreadConstraint } from '../../api/types/core-v1.ts';
import { describeContainers } from './containers.ts';
import type { Description } from './description.ts';
import { describeAnnotations, describeLabels } from './labels.ts';
import { shownSelector } from './selectors.ts';
import { describeVolumes } from './volumes.ts';

/** What a workload makes its pods from. */
export function describePodTemplate(out: Description, template: PodTemplateSpec | undefined): void {
  out.line(0, 'Pod Template:');
  if (template === undefined) {
    out.line(1, '<unset>');
    return;
  }
  const { metadata = {}, spec = { containers: [] } } = template;
  const indent = '  ';
  describeLabels(out, metadata.labels, { label: `${indent}Labels` });
  if (Object.keys(metadata.annotations ?? {}).length > 0) {
    describeAnnotations(out, metadata.annotations, `${indent}Annotations`);
  }
  out.optional(1, 'Service Account', spec.serviceAccountName);
  const { initContainers = [] } = spec;
  if (initContainers.length > 0) describeContainers(out, initContainers, { label: 'Init Containers', indent });
  describeContainers(out, spec.containers, { label: 'Containers', indent });
  describeVolumes(out, spec.volumes, indent);
  describeSpreading(out, spec.topologySpreadConstraints, indent);
  out.optional(1, 'Priority Class Name', spec.priorityClassName);
  describePlacement(out, spec, indent);
}

/** Which nodes are chosen by label, and which taints are tolerated. */
export function describePlacement(
  out: Description,
  { nodeSelector, tolerations, schedulingGroup }: PodSpec,
  indent = '',
): void {
  describeLabels(out, nodeSelector, { label: `${indent}Node-Selectors` });
  const sorted = [...(tolerations ?? [])].sort((a, b) => ((a.key ?? '') < (b.key ?? '') ? -1 : 1));
  out.list(`${indent}Tolerations`, sorted.map(tolerationText));
  if (schedulingGroup === undefined) return;
  out.line(0, `${indent}SchedulingGroup:`);
  out.field(1, 'PodGroupName', schedulingGroup.podGroupName);
}

function tolerationText({ key = '', value = '', effect = '', operator, tolerationSeconds }: Toleration): string {
  let text = `${key}${value === '' ? '' : `=${value}`}${effect === '' ? '' : `:${effect}`}`;
  if (operator === 'Exists' && value === '') text += text === '' ? 'op=Exists' : ' op=Exists';
  return tolerationSeconds === undefined ? text : `${text} for ${tolerationSeconds}s`;
}

export function describeSpreading(
  out: Description,
  constraints: readonly TopologySpreadConstraint[] = [],
  indent = '',
): void {
  if (constraints.length === 0) return;
  const sorted = [...constraints].sort((a, b) => (a.topologyKey < b.topologyKey ? -1 : 1));
  const texts = sorted.map(({ topologyKey, whenUnsatisfiable, maxSkew, labelSelector }) => {
    const selected = labelSelector === undefined ? '' : ` for selector ${shownSelector(labelSelector)}`;
    return `${topologyKey}:${whenUnsatisfiable} when max skew ${maxSkew} is exceeded${selected}`;
  });
  out.list('Topology Spread Constraints', texts, { indent });
}
