import type { Description } from './description.ts';
import { mailTime } from './times.ts';

export interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
}

/** Of workloads: type, status and reason. */
export function describeReasons(out: Description, conditions: readonly Condition[] = []): void {
  if (conditions.length === 0) return;
  out.line(0, 'Conditions:');
  // A blank after the type keeps its column apart even where the heading is longer.
  const rows = conditions.map(({ type, status, reason = '' }) => [`${type} `, status, reason]);
  out.table(1, ['Type', 'Status', 'Reason'], rows);
}

/** With the time and the message of each. */
export function describeConditions(out: Description, conditions: readonly Condition[]): void {
  out.line(0, 'Conditions:');
  const rows = conditions.map(({ type, status, lastTransitionTime, reason = '', message = '' }) => [
    type,
    status,
    mailTime(lastTransitionTime),
    reason,
    message,
  ]);
  out.table(1, ['Type', 'Status', 'LastTransitionTime', 'Reason', 'Message'], rows);
}
