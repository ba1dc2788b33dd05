/** What go-yaml v2 takes plain scalars for (its resolve.go), as far as reading and printing manifests share it. */

/** Words that are no texts. */
export const plainWords: ReadonlyMap<string, null | boolean | number> = new Map<string, null | boolean | number>([
  ...meaning(null, '', '~', 'null', 'Null', 'NULL'),
  ...meaning(true, 'y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'),
  ...meaning(false, 'n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'),
  ...meaning(Number.NaN, '.nan', '.NaN', '.NAN'),
  ...meaning(Number.POSITIVE_INFINITY, '.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'),
  ...meaning(Number.NEGATIVE_INFINITY, '-.inf', '-.Inf', '-.INF'),
]);

function meaning<V>(value: V, ...spellings: readonly string[]): [string, V][] {
  return spellings.map((spelling) => [spelling, value]);
}

const float = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;

/** Undefined for what is no decimal number, or too large a one: those are texts. Underscores must be gone. */
export function plainFloat(digits: string): number | undefined {
  const value = float.test(digits) ? Number(digits) : undefined;
  return Number.isFinite(value) ? value : undefined;
}
