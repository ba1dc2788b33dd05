/** YAML as kubectl prints it, byte by byte: what go-yaml makes of JSON's values, in block style with keys in order. */
import { isRecord } from '../../../lib/is-record.ts';
import { compareKeys } from './key-order.ts';
import { scalarStyle } from './scalar-style.ts';
import { YamlWriter } from './writer.ts';

/** Longer keys stand after a `? `. */
const longestSimpleKey = 128;

interface Place {
  /** The column of the collection around it; -1 for the document itself. */
  column: number;
  /** Whether it is the key or the value of a map. */
  inMap: boolean;
  isKey: boolean;
}

/** One document with a newline at its end. What JSON leaves out, such as undefined, is left out here too. */
export function formatYaml(value: unknown): string {
  const writer = new YamlWriter();
  writeNode(writer, value, { column: -1, inMap: false, isKey: false });
  writer.indent(0);
  return writer.text;
}

function writeNode(writer: YamlWriter, value: unknown, place: Place): void {
  if (Array.isArray(value)) writeList(writer, value, place);
  else if (isRecord(value)) writeMap(writer, value, place);
  else if (typeof value === 'string') writeString(writer, value.toWellFormed(), place);
  else writer.indicator(plainText(value), { spaced: true });
}

function writeString(writer: YamlWriter, text: string, { column, isKey }: Place): void {
  const style = scalarStyle(text, { isKey });
  writer.scalar(text, style, { column: column < 0 ? 2 : column + 2, folds: !isKey });
}

function writeList(writer: YamlWriter, values: readonly unknown[], { column, inMap }: Place): void {
  if (values.length === 0) writer.indicator('[]', { spaced: true });
  const own = deeper(column, { stays: inMap && !writer.inIndent });
  for (const value of values) {
    writer.indent(own);
    writer.indicator('-', { spaced: true, beginsIndent: true });
    writeNode(writer, value === undefined ? null : value, { column: own, inMap: false, isKey: false });
  }
}

function writeMap(writer: YamlWriter, fields: Readonly<Record<string, unknown>>, { column }: Place): void {
  const entries = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => compareKeys(a, b));
  if (entries.length === 0) writer.indicator('{}', { spaced: true });
  const own = deeper(column, { stays: false });
  for (const [key, value] of entries) {
    writer.indent(own);
    const isSimple = Buffer.byteLength(key) <= longestSimpleKey && !/[\n\r\u0085\u2028\u2029]/.test(key);
    if (!isSimple) writer.indicator('?', { spaced: true, beginsIndent: true });
    writeNode(writer, key, { column: own, inMap: true, isKey: isSimple });
    if (!isSimple) writer.indent(own);
    writer.indicator(':', { spaced: !isSimple, beginsIndent: !isSimple });
    writeNode(writer, value, { column: own, inMap: true, isKey: false });
  }
}

function deeper(column: number, { stays }: { stays: boolean }): number {
  if (column < 0) return 0;
  return stays ? column : column + 2;
}

function plainText(value: unknown): string {
  if (typeof value === 'number') return numberText(value);
  return typeof value === 'boolean' || typeof value === 'bigint' ? String(value) : 'null';
}

/** Go's shortest form: fractions from a million on and whole numbers beyond 64 bits have an exponent of two digits. */
function numberText(value: number): string {
  if (!Number.isFinite(value)) return 'null';
  if (Number.isInteger(value) && value < 2 ** 64 && value >= -(2 ** 63)) return BigInt(value).toString();
  const [digits = '', exponent = ''] = value.toExponential().split('e');
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(value);
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}
