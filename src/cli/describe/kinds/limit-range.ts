import type { LimitRange } from '../../../api/types/core-v1.ts';
import type { Description } from '../description.ts';
import { limitHeadings, limitRows } from '../limits.ts';

export function describeLimitRange({ metadata, spec }: LimitRange, out: Description): void {
  out.field(0, 'Name', metadata.name);
  out.field(0, 'Namespace', metadata.namespace);
  out.table(0, limitHeadings, limitRows(spec));
}
