/** A block of IPv4 addresses in CIDR form, with its addresses numbered from 0. */

export class Ipv4Range {
  readonly cidr: string;
  readonly #first: number;
  /** How many addresses it has. */
  readonly size: number;

  /** Throws RangeError for what is no IPv4 CIDR. Bits of the host part are taken as zero. */
  constructor(cidr: string) {
    const [address = '', bits = ''] = cidr.split('/', 2);
    const value = parseIpv4(address);
    const prefix = /^\d{1,2}$/.test(bits) ? Number(bits) : 33;
    if (value === undefined || prefix > 32) throw new RangeError(`"${cidr}" is not an IPv4 range such as 10.96.0.0/16`);
    this.size = 2 ** (32 - prefix);
    this.#first = value - (value % this.size);
    this.cidr = `${formatIpv4(this.#first)}/${prefix}`;
  }

  at(index: number): string {
    return formatIpv4(this.#first + index);
  }

  /** The number of an address; undefined when it lies outside or is none. */
  indexOf(address: string): number | undefined {
    const value = parseIpv4(address);
    if (value === undefined || value < this.#first || value >= this.#first + this.size) return undefined;
    return value - this.#first;
  }
}

function parseIpv4(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256))
    return undefined;
  return parts.reduce((value, part) => value * 256 + Number(part), 0);
}

function formatIpv4(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}
