import type { PodDisruptionBudget } from '../../../api/types/policy-v1.ts';
import type { Description } from '../description.ts';
import { shownSelector } from '../selectors.ts';

export function describePodDisruptionBudget({ metadata, spec, status }: PodDisruptionBudget, out: Description): void {
  out.field(0, 'Name', metadata.name);
  out.field(0, 'Namespace', metadata.namespace);
  if (spec?.minAvailable !== undefined) out.field(0, 'Min available', spec.minAvailable);
  else out.optional(0, 'Max unavailable', spec?.maxUnavailable);
  out.field(0, 'Selector', spec?.selector === undefined ? '<unset>' : shownSelector(spec.selector));
  out.line(0, 'Status:');
  out.field(2, 'Allowed disruptions', status?.disruptionsAllowed ?? 0);
  out.field(2, 'Current', status?.currentHealthy ?? 0);
  out.field(2, 'Desired', status?.desiredHealthy ?? 0);
  out.field(2, 'Total', status?.expectedPods ?? 0);
}
