/** Booleans in queries, as Kubernetes reads them: some clients write `True`, some nothing behind the equals sign. */

/** Absent, `0` and `false` are false, everything else is true, an empty value too. */
export function isTrue(value: string | null): boolean {
  return value !== null && value !== '0' && value.toLowerCase() !== 'false';
}
