/** Conditions and ranges of a request for a file (RFC 9110 13 and 14), which is known by its time of change alone. */
import { headerValue } from '../net/http1/headers.ts';
import type { HeaderLines } from '../net/http1/upstream.ts';

/** `end` is not part of it. */
export interface ByteRange {
  start: number;
  end: number;
}

/** True: the answer is 412. */
export function mayNotBeSent(headers: HeaderLines, modified: Date): boolean {
  if (headerValue(headers, 'if-match') !== undefined) return headerValue(headers, 'if-match') !== '*';
  const since = dateOf(headerValue(headers, 'if-unmodified-since'));
  return since !== undefined && modified.getTime() > since;
}

/** True: the answer is 304. */
export function isNotModified(headers: HeaderLines, modified: Date): boolean {
  const tags = headerValue(headers, 'if-none-match');
  if (tags !== undefined) return tags === '*';
  const since = dateOf(headerValue(headers, 'if-modified-since'));
  return since !== undefined && modified.getTime() <= since;
}

/** Undefined: the whole, also where several ranges are asked for at once, which a server need not grant. */
export function rangeOf(
  headers: HeaderLines,
  { size, modified }: { size: number; modified: Date },
): ByteRange | 'unsatisfiable' | undefined {
  const wanted = headerValue(headers, 'range');
  if (wanted === undefined) return undefined;
  const condition = headerValue(headers, 'if-range');
  if (condition !== undefined && dateOf(condition) !== modified.getTime()) return undefined;
  const match = /^bytes=\s*(\d*)-(\d*)\s*$/.exec(wanted);
  if (match === null || (match[1] === '' && match[2] === '')) return wanted.includes(',') ? undefined : 'unsatisfiable';
  const [, first = '', last = ''] = match;
  if (first === '') {
    const length = Math.min(size, Number(last));
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return 'unsatisfiable';
  return start >= size ? 'unsatisfiable' : { start, end: last === '' ? size : Math.min(size, Number(last) + 1) };
}

/** Milliseconds since 1970 of a date in HTTP's form. */
function dateOf(text: string | undefined): number | undefined {
  if (text === undefined || !text.endsWith(' GMT')) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}
