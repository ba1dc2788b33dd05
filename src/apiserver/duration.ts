/** Durations in Go's text form, as query parameters and flags have them: `1m30s`, `250ms`. */

const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};
const PART = /([0-9]*\.?[0-9]+)(ns|us|µs|ms|s|m|h)/gy;

/** Milliseconds; undefined when the text is no duration or negative. A bare `0` is zero. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0;
  let sum = 0;
  let end = 0;
  for (const match of text.matchAll(PART)) {
    sum += Number(match[1]) * (UNITS[match[2] ?? ''] ?? Number.NaN);
    end = match.index + match[0].length;
  }
  return text !== '' && end === text.length && Number.isFinite(sum) ? sum : undefined;
}
