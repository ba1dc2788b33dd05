/** Values as Go writes them, which is what kubectl's templates print. */
import { isInt64 } from '../../lib/exact-json.ts';
import { isRecord } from '../../lib/is-record.ts';

/** As `fmt.Sprint`: `map[a:1 b:2]`, `[x y]`, `<nil>`. */
export function goText(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (typeof value === 'number') return goNumber(value);
  if (typeof value === 'bigint') return isInt64(value) ? String(value) : goExponential(Number(value));
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`;
  if (!isRecord(value)) return String(value);
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[${fields.map(([key, field]) => `${key}:${goText(field)}`).join(' ')}]`;
}

/** The shortest form; what Go has as a float64 has an exponent from a million on, and below 1e-4. */
function goNumber(value: number): string {
  const size = Math.abs(value);
  if (Number.isSafeInteger(value) || (size >= 1e-4 && size < 1e6)) return String(value);
  return goExponential(value);
}

/** With two digits in the exponent at least. */
function goExponential(value: number): string {
  return value.toExponential().replace(/([+-])(\d)$/, '$10$2');
}
