import type { PriorityClass } from '../../../api/types/scheduling-v1.ts';
import type { Description } from '../description.ts';
import { labelLine } from '../labels.ts';

export function describePriorityClass(priorityClass: PriorityClass, out: Description): void {
  const { metadata, value = 0, globalDefault = false, preemptionPolicy, description } = priorityClass;
  out.field(0, 'Name', metadata.name);
  out.field(0, 'Value', value);
  out.field(0, 'GlobalDefault', globalDefault);
  out.field(0, 'PreemptionPolicy', preemptionPolicy);
  out.field(0, 'Description', description);
  out.field(0, 'Annotations', labelLine(metadata.annotations));
}
