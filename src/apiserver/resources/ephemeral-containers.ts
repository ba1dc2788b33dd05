/** Containers that are added to a pod to look into it: what they may have, and that they stay as they were added. */
import type { FieldError } from '../../api/status.ts';
import type { EphemeralContainer, Pod, PodSpec } from '../../api/types/core-v1.ts';
import { at, forbiddenField, notFoundValue } from '../../api/validation/field-errors.ts';
import { sameJson } from '../../api/validation/metadata.ts';
import type { ObjectPart } from './resource.ts';

/** In the order of upstream's type. */
const notForThem = [
  'ports',
  'resources',
  'resizePolicy',
  'restartPolicy',
  'restartPolicyRules',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
] as const;

const cannotBeSet = 'cannot be set for an Ephemeral Container';

/** Besides what is checked of every container. */
export function validateEphemeral(container: EphemeralContainer, spec: PodSpec, path: string): FieldError[] {
  const errors = notForThem
    .filter((field) => Object.keys(container[field] ?? {}).length > 0)
    .map((field) => forbiddenField(`${path}.${field}`, cannotBeSet));
  for (const [index, { subPath = '', subPathExpr = '' }] of (container.volumeMounts ?? []).entries()) {
    const mount = at(`${path}.volumeMounts`, index);
    if (subPath !== '') errors.push(forbiddenField(`${mount}.subPath`, cannotBeSet));
    if (subPathExpr !== '') errors.push(forbiddenField(`${mount}.subPathExpr`, cannotBeSet));
  }
  const { targetContainerName: target = '' } = container;
  const others = [...(spec.initContainers ?? []), ...spec.containers];
  if (target !== '' && !others.some(({ name }) => name === target)) {
    errors.push(notFoundValue(`${path}.targetContainerName`, target));
  }
  return errors;
}

export const ephemeralContainersPart: ObjectPart<Pod> = {
  take(pod, sent) {
    const wanted = sent.spec?.ephemeralContainers;
    if (pod.spec === undefined) return;
    if (wanted === undefined) delete pod.spec.ephemeralContainers;
    else pod.spec.ephemeralContainers = wanted;
  },
  validateUpdate({ spec: next }, { spec: before }) {
    const field = 'spec.ephemeralContainers';
    return (before?.ephemeralContainers ?? []).flatMap((old) => {
      const kept = next?.ephemeralContainers?.find(({ name }) => name === old.name);
      const what = `existing ephemeral containers ${JSON.stringify(old.name)} may not be`;
      if (kept === undefined) return [forbiddenField(field, `${what} removed\n`)];
      return sameJson(kept, old) ? [] : [forbiddenField(field, `${what} changed\n${JSON.stringify(kept)}`)];
    });
  },
};
