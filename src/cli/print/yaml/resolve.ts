/** What go-yaml takes a plain text for: that which would not be a string has to be quoted. */
import { plainFloat, plainWords } from '../../../lib/go-yaml-plain.ts';

/** `190:20:30`, a number to other readers of YAML 1.1. */
const base60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;
const timestamp =
  /^([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:(?:[Tt]([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,][0-9]+)?(?:Z|([-+][0-9]{2}):([0-9]{2})))|(?: +([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,][0-9]+)?))?$/;

export function isOtherPlain(text: string): boolean {
  if (plainWords.has(text)) return true;
  // Underscores are for other bases only where the text begins with a dot.
  if (text.startsWith('.')) return plainFloat(text) !== undefined;
  if (!/^[-+0-9]/.test(text)) return false;
  if (base60.test(text) || isTimestamp(text)) return true;
  const digits = text.replaceAll('_', '');
  return isInteger(digits) || plainFloat(digits) !== undefined;
}

/** As `strconv.ParseInt` and `ParseUint` with the base that the text names; go-yaml adds `0b-1`. */
function isInteger(digits: string): boolean {
  const [, sign = '', magnitude = ''] = /^([-+]?)(.*)$/s.exec(digits) ?? [];
  const value = magnitudeOf(magnitude);
  if (value !== undefined) {
    if (sign === '') return value < 1n << 64n;
    return sign === '-' ? value <= 1n << 63n : value < 1n << 63n;
  }
  return /^0b[-+][01]{1,63}$/.test(digits);
}

function magnitudeOf(text: string): bigint | undefined {
  if (/^(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|0|[1-9][0-9]*)$/.test(text)) return BigInt(text);
  return /^0[0-7]+$/.test(text) ? BigInt(`0o${text}`) : undefined;
}

function isTimestamp(text: string): boolean {
  const match = timestamp.exec(text);
  if (match === null) return false;
  const [, year, month, day, ...rest] = match.map((part) => (part === undefined ? 0 : Number(part)));
  const [hour = 0, minute = 0, second = 0, zone = 0, zoneMinute = 0, plainHour = 0, plainMinute = 0, plainSecond = 0] =
    rest;
  if (Math.abs(zone) > 24 || zoneMinute > 60) return false;
  if (Math.max(hour, plainHour) > 23 || Math.max(minute, plainMinute, second, plainSecond) > 59) return false;
  const date = new Date(Date.UTC(2000, (month ?? 0) - 1, day ?? 0));
  date.setUTCFullYear(year ?? 0, (month ?? 0) - 1, day ?? 0);
  return date.getUTCMonth() + 1 === month && date.getUTCDate() === day;
}
