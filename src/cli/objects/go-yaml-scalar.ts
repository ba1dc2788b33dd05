/** Which value a scalar of YAML stands for, as kubectl's parser (go-yaml v2, then JSON) has it. */
import { plainFloat, plainWords } from '../../lib/go-yaml-plain.ts';

/** `bigint`: an integer as it is written. Numbers that JSON cannot carry stay numbers: the caller refuses them. */
export type Scalar = string | number | bigint | boolean | null;

const integer = /^([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))$/;
/** What Go's integers hold, signed and unsigned. */
const [least, most] = [-(2n ** 63n), 2n ** 64n - 1n];

/** A scalar without quotes and without a tag. */
export function resolvePlain(text: string): Scalar {
  const word = plainWords.get(text);
  if (word !== undefined) return word;
  if (text.startsWith('.')) return plainFloat(text) ?? text;
  if (!/^[-+0-9]/.test(text)) return text;
  const digits = text.replaceAll('_', '');
  return integerOf(digits) ?? plainFloat(digits) ?? text;
}

function integerOf(digits: string): bigint | undefined {
  const [, sign, hex, binary, octal, decimal] = integer.exec(digits) ?? [];
  const size =
    (hex && BigInt(`0x${hex}`)) ?? (binary && BigInt(`0b${binary}`)) ?? (octal && BigInt(`0o${octal}`)) ?? decimal;
  if (size === undefined) return undefined;
  const value = sign === '-' ? -BigInt(size) : BigInt(size);
  return value < least || value > most ? undefined : value;
}

const prefix = 'tag:yaml.org,2002:';

/** A scalar with a tag (`!!int`), in quotes or not. Throws Error where the text is not of that type. */
export function resolveTagged(text: string, tag: string): Scalar {
  const type = tag.startsWith(prefix) ? tag.slice(prefix.length) : '';
  if (type === 'binary') return decodeBinary(text);
  const isOf = typeTests.get(type);
  if (isOf === undefined) return text;
  const value = resolvePlain(text);
  if (type === 'float' && typeof value === 'bigint') return Number(value);
  if (!isOf(value)) throw new Error(`"${text}" is no !!${type}`);
  return value;
}

const typeTests = new Map<string, (value: Scalar) => boolean>([
  ['int', (value) => typeof value === 'bigint'],
  ['float', (value) => typeof value === 'number'],
  ['bool', (value) => typeof value === 'boolean'],
  ['null', (value) => value === null],
]);

function decodeBinary(text: string): string {
  const packed = text.replace(/[\r\n]/g, '');
  if (packed.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(packed)) throw new Error('its !!binary is no base64');
  return Buffer.from(packed, 'base64').toString();
}
