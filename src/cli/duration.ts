/** Times of flags, in Go's spelling. */
import { UsageError } from './command.ts';

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `90` (seconds), `1.5s`, `2m30s`, `-1s`; in milliseconds. Throws UsageError that names the flag. */
export function parseDuration(text: string, flag: string): number {
  const negative = text.startsWith('-');
  const size = negative ? text.slice(1) : text;
  const spelled = /^\d+$/.test(size) ? `${size}s` : size;
  const parts = [...spelled.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/gy)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== spelled) {
    throw new UsageError(`invalid ${flag} "${text}": a time such as 5s or 2m is needed`);
  }
  const milliseconds = parts.reduce((sum, [, number, unit]) => sum + Number(number) * (units[unit ?? ''] ?? 0), 0);
  return negative ? -milliseconds : milliseconds;
}

/** Node's timers fire at once when they are to wait longer. */
const longestTimerMs = 2 ** 31 - 1;

/** The same for a time that a timer waits: no longer than one can, which is 24 days. */
export function parseTimeLimit(text: string, flag: string): number {
  return Math.min(parseDuration(text, flag), longestTimerMs);
}
