/** Label selectors of objects as text. */
import { formatLabelSelector, type LabelSelectorObject, labelSelectorOf } from '../../api/selectors/label-selector.ts';
import { StatusError } from '../../api/status.ts';

/** Empty for one that is absent or selects everything. Throws `StatusError` for an unknown operator. */
export function selectorText(selector: LabelSelectorObject | undefined): string {
  return formatLabelSelector(labelSelectorOf(selector) ?? []);
}

/** The same for the eye: `<none>` for an empty one, `<error>` for one that is wrong. */
export function shownSelector(selector: LabelSelectorObject | undefined): string {
  try {
    return selectorText(selector) || '<none>';
  } catch (error) {
    if (error instanceof StatusError) return '<error>';
    throw error;
  }
}
