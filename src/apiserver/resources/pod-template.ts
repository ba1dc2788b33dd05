/** What the kinds that make pods from a template share. */
import { formatLabelSelector as format, labelSelectorOf } from '../../api/selectors/label-selector.ts';
import type { LabelSelector } from '../../api/types/meta-v1.ts';

/** The form that query parameters and the scale subresource use; '' for a selector that is absent or empty. */
export function formatLabelSelector(selector: LabelSelector | undefined): string {
  return format(labelSelectorOf(selector) ?? []);
}
