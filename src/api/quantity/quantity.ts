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

type Format = 'decimal' | 'binary' | 'exponent';

/** The exact value is `digits * 10^scale`, with an integer `digits`. */
export class Quantity {
  readonly #digits: bigint;
  readonly #scale: number;
  readonly #format: Format;

  constructor(digits: bigint, scale: number, format: Format = 'decimal') {
    this.#digits = digits;
    this.#scale = scale;
    this.#format = format;
  }

  sign(): -1 | 0 | 1 {
    return this.#digits > 0n ? 1 : this.#digits < 0n ? -1 : 0;
  }

  compare(other: Quantity): -1 | 0 | 1 {
    const scale = Math.min(this.#scale, other.#scale);
    const difference = this.#at(scale) - other.#at(scale);
    return difference > 0n ? 1 : difference < 0n ? -1 : 0;
  }

  /** The sum, written as this one is; as the other where this is zero. */
  plus(other: Quantity): Quantity {
    const scale = Math.min(this.#scale, other.#scale);
    const format = this.#digits === 0n ? other.#format : this.#format;
    return new Quantity(this.#at(scale) + other.#at(scale), scale, format);
  }

  /** Written with the suffixes of another: unless it is so already, the least integer that is not smaller. */
  writtenAs(other: Quantity): Quantity {
    if (this.#format === other.#format) return this;
    const floor = this.#at(0);
    return new Quantity(this.isInteger() || this.#digits < 0n ? floor : floor + 1n, 0, other.#format);
  }

  /** True when it has no fraction. */
  isInteger(): boolean {
    return this.#scale >= 0 || this.#digits % 10n ** BigInt(-this.#scale) === 0n;
  }

  /** The nearest double. */
  toNumber(): number {
    return Number(`${this.#digits}e${this.#scale}`);
  }

  /** The least multiple of a thousandth that is not smaller. */
  roundUpToThousandths(): Quantity {
    if (this.#scale >= -3) return this;
    const unit = 10n ** BigInt(-3 - this.#scale);
    const floor = this.#digits / unit;
    const up = this.#digits % unit > 0n ? 1n : 0n;
    return new Quantity(floor + up, -3, this.#format);
  }

  /**
   * Upstream's canonical text: no fraction, and the greatest suffix that allows it. Binary suffixes stay binary, unless the
   * value is below 1024 or has a fraction.
   */
  toString(): string {
    if (this.#digits === 0n) return '0';
    if (this.#format === 'binary' && this.isInteger()) {
      const value = this.#at(0);
      if (value >= 1024n || value <= -1024n) return binaryText(value);
    }
    let digits = this.#digits;
    let scale = this.#scale;
    for (; digits % 10n === 0n; digits /= 10n) scale++;
    // Exponents go in steps of three, and never above what leaves an integer.
    const exponent = Math.floor(scale / 3) * 3;
    const mantissa = digits * 10n ** BigInt(scale - exponent);
    const suffix = suffixOf.get(exponent);
    if (this.#format === 'exponent' || suffix === undefined)
      return exponent === 0 ? `${mantissa}` : `${mantissa}e${exponent}`;
    return `${mantissa}${suffix}`;
  }

  /** The digits at a scale that is not greater than its own, or at which it is an integer. */
  #at(scale: number): bigint {
    const difference = this.#scale - scale;
    return difference >= 0 ? this.#digits * 10n ** BigInt(difference) : this.#digits / 10n ** BigInt(-difference);
  }
}

const suffixOf: ReadonlyMap<number, string> = new Map(
  Object.entries(decimalExponents).map(([suffix, exponent]) => [exponent, suffix]),
);

function binaryText(value: bigint): string {
  let rest = value;
  let text = '';
  for (const suffix of Object.keys(binaryExponents)) {
    if (rest % 1024n !== 0n) break;
    rest /= 1024n;
    text = suffix;
  }
  return `${rest}${text}`;
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
  if (binary !== undefined) return new Quantity(digits << BigInt(binary), -fraction.length, 'binary');
  const decimal = decimalExponents[suffix] ?? Number(suffix.slice(1));
  const format = /^[eE][+-]?\d/.test(suffix) ? 'exponent' : 'decimal';
  return new Quantity(digits, decimal - fraction.length, format);
}
