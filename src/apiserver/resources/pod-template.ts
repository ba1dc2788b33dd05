/** What the kinds that make pods from a template share. */
import type { LabelSelector } from '../../api/types/meta-v1.ts';

/** The form that query parameters and the scale subresource use; '' for a selector that is absent or empty. */
export function formatLabelSelector(selector: LabelSelector | undefined): string {
  const equal = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  const expressions = (selector?.matchExpressions ?? []).map(({ key, operator, values = [] }) => {
    if (operator === 'Exists') return key;
    if (operator === 'DoesNotExist') return `!${key}`;
    return `${key} ${operator === 'In' ? 'in' : 'notin'} (${values.toSorted().join(',')})`;
  });
  return [...equal.toSorted(), ...expressions.toSorted()].join(',');
}
