/** What the kinds that make pods from a template share. */
import { formatLabelSelector as format, labelSelectorOf, matchesLabels } from '../../api/selectors/label-selector.ts';
import type { FieldError } from '../../api/status.ts';
import type { PodTemplateSpec } from '../../api/types/core-v1.ts';
import type { LabelSelector } from '../../api/types/meta-v1.ts';
import { forbiddenField, invalidValue, notSupported, required } from '../../api/validation/field-errors.ts';
import { validateAnnotations, validateLabelSelector, validateLabels } from '../../api/validation/metadata.ts';
import { defaultPodSpec } from './pod-spec-defaults.ts';
import { validatePodSpec } from './pod-spec-validation.ts';

/** The form that query parameters and the scale subresource use; '' for a selector that is absent or empty. */
export function formatLabelSelector(selector: LabelSelector | undefined): string {
  return format(labelSelectorOf(selector) ?? []);
}

export function defaultTemplate(template: PodTemplateSpec | undefined): void {
  if (template?.spec !== undefined) defaultPodSpec(template.spec);
}

/** `spec.selector` and `spec.template` of a kind whose pods must run for ever. */
export function validateSelectorAndTemplate(
  selector: LabelSelector | undefined,
  template: PodTemplateSpec | undefined,
): FieldError[] {
  const errors =
    selector === undefined ? [required('spec.selector')] : validateLabelSelector(selector, 'spec.selector');
  const usable = errors.length === 0;
  // Kubernetes: where no selector is given, no labels fit.
  const fits =
    selector === undefined
      ? false
      : !usable || matchesLabels(labelSelectorOf(selector) ?? [], template?.metadata?.labels);
  if (
    selector !== undefined &&
    Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length === 0
  ) {
    errors.push(invalidValue('spec.selector', selector, 'empty selector is invalid for deployment'));
  }
  const { labels, annotations } = template?.metadata ?? {};
  if (!fits) {
    errors.push(
      invalidValue('spec.template.metadata.labels', labels ?? null, '`selector` does not match template `labels`'),
    );
  }
  errors.push(
    ...validateLabels(labels, 'spec.template.labels'),
    ...validateAnnotations(annotations, 'spec.template.annotations'),
  );
  const spec = template?.spec ?? { containers: [] };
  errors.push(...validatePodSpec(spec, 'spec.template.spec'));
  const { restartPolicy = 'Always', activeDeadlineSeconds, ephemeralContainers = [] } = spec;
  if (restartPolicy !== 'Always') {
    errors.push(notSupported('spec.template.spec.restartPolicy', restartPolicy, ['Always']));
  }
  if (activeDeadlineSeconds !== undefined) {
    errors.push(
      forbiddenField(
        'spec.template.spec.activeDeadlineSeconds',
        'activeDeadlineSeconds in ReplicaSet is not Supported',
      ),
    );
  }
  if (ephemeralContainers.length > 0) {
    errors.push(
      forbiddenField('spec.template.spec.ephemeralContainers', 'ephemeral containers not allowed in pod template'),
    );
  }
  return errors;
}
