/** Quantities such as `100m`, `1.5Gi`, `2e3`: exact numbers with a suffix, after `apimachinery/pkg/api/resource`. */

const decimalExponents: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const binaryExponents: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 };

/** The exact value is `digits * 10^scale`, with an integer `digits`. */
export class Quantity {
  readonly #digits: bigint;
  readonly #scale: number;

  constructor(digits: bigint, scale: number) {
    this.#digits = digits;
    this.#scale = scale;
  }

  sign(): -1 | 0 | 1 {
    return this.#digits > 0n ? 1 : this.#digits < 0n ? -1 : 0;
  }

  compare(other: Quantity): -1 | 0 | 1 {
    const scale = Math.min(this.#scale, other.#scale);
    const difference = this.#at(scale) - other.#at(scale);
    return difference > 0n ? 1 : difference < 0n ? -1 : 0;
  }

  /** True when it has no fraction. */
  isInteger(): boolean {
    return this.#scale >= 0 || this.#digits % 10n ** BigInt(-this.#scale) === 0n;
  }

  /** The nearest double; thousandths are exact in any range that clusters know. */
  toNumber(): number {
    return Number(`${this.#digits}e${this.#scale}`);
  }

  #at(scale: number): bigint {
    return this.#digits * 10n ** BigInt(this.#scale - scale);
  }
}

/** Upstream's complaint about a text that is no quantity. */
export const quantityFormatError =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/** Undefined for a text that is no quantity. */
export function parseQuantity(text: string): Quantity | undefined {
  const match = /^([+-]?)(\d+\.?\d*|\.\d+)((?:[eE][+-]?\d{1,3})|[KMGTPE]i|[numkMGTPE]|)$/.exec(text);
  if (match === null) return undefined;
  const [, sign = '', number = '', suffix = ''] = match;
  const [whole = '', fraction = ''] = number.split('.', 2);
  const digits = BigInt(`${whole}${fraction}`) * (sign === '-' ? -1n : 1n);
  const binary = binaryExponents[suffix];
  if (binary !== undefined) return new Quantity(digits << BigInt(binary), -fraction.length);
  const decimal = decimalExponents[suffix] ?? Number(suffix.slice(1));
  return new Quantity(digits, decimal - fraction.length);
}
