/** The events of an object, the oldest first, as the last part of its description. */
import type { UnstructuredObject } from '../../api/object.ts';
import type { Event } from '../../api/types/core-v1.ts';
import { ageOf } from '../../apiserver/table/human-duration.ts';
import type { Description } from './description.ts';
import type { Related } from './related.ts';

const mirrorOf = 'kubernetes.io/config.mirror';

/** Throws StatusError where they may not be read. */
export async function eventsOf({ kind, metadata }: UnstructuredObject, related: Related): Promise<Event[]> {
  const { name = '', namespace = '', uid = '', annotations = {} } = metadata;
  const search = (further: Readonly<Record<string, string>>): Promise<Event[]> => {
    const fields = { name, namespace, ...further };
    const fieldSelector = Object.entries(fields)
      .filter(([field, value]) => value !== '' || field === 'namespace' || field === 'name')
      .map(([field, value]) => `involvedObject.${field}=${value}`)
      .join(',');
    return related.all<Event>('v1', 'events', { ...(namespace !== '' && { namespace }), fieldSelector });
  };
  // A static pod's events are about what its node read from a file.
  if (kind === 'Pod') return search({ uid: annotations[mirrorOf] ?? uid });
  // Nodes report about themselves under their name.
  if (kind === 'Node') return (await Promise.all([search({ kind, uid }), search({ kind, uid: name })])).flat();
  return search({ kind, uid });
}

export function describeEvents(out: Description, events: readonly Event[]): void {
  if (events.length === 0) {
    out.field(0, 'Events', '<none>');
    return;
  }
  out.line(0, 'Events:');
  const rows = [...events].sort((a, b) => lastTime(a) - lastTime(b)).map(eventCells);
  out.line(1, 'Type', 'Reason', 'Age', 'From', 'Message');
  out.line(1, '----', '------', '----', '----', '-------');
  for (const row of rows) out.line(1, ...row);
}

function eventCells(event: Event): string[] {
  const { type = '', reason = '', source, reportingComponent = '', involvedObject, message = '' } = event;
  const about = involvedObject.fieldPath === undefined ? '' : `${involvedObject.fieldPath}: `;
  return [type, reason, interval(event), source?.component || reportingComponent, `${about}${message.trim()}`];
}

/** `5m`, or `2s (x7 over 5m)` for what happened several times. */
export function interval({ eventTime, firstTimestamp, lastTimestamp, series, count = 0 }: Event): string {
  const now = new Date();
  const first = ageOf(eventTime || firstTimestamp, now);
  if (series) return `${ageOf(series.lastObservedTime, now)} (x${series.count ?? 0} over ${first})`;
  return count > 1 ? `${ageOf(lastTimestamp, now)} (x${count} over ${first})` : first;
}

function lastTime({ lastTimestamp }: Event): number {
  return Date.parse(lastTimestamp ?? '') || 0;
}
