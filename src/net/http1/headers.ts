/** Questions to header lines; names are asked in lower case. */
import type { HeaderLines } from './upstream.ts';

/** The first value of this header. */
export function headerValue(headers: HeaderLines, name: string): string | undefined {
  for (const line of headers) {
    if (line[0].length === name.length && line[0].toLowerCase() === name) return line[1];
  }
  return undefined;
}

/** All values of this header, one per line. */
export function headerValues(headers: HeaderLines, name: string): string[] {
  const values: string[] = [];
  for (const line of headers) {
    if (line[0].length === name.length && line[0].toLowerCase() === name) values.push(line[1]);
  }
  return values;
}

/** True when the comma-separated lists of this header hold the token (lower case). */
export function hasListToken(headers: HeaderLines, name: string, token: string): boolean {
  for (const line of headers) {
    if (line[0].length !== name.length || line[0].toLowerCase() !== name) continue;
    const value = line[1].toLowerCase();
    if (value === token) return true;
    if (value.includes(token) && value.split(',').some((part) => part.trim() === token)) return true;
  }
  return false;
}

const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'upgrade',
]);

/**
 * The lines that go on to the next hop (RFC 9110 7.6.1): without those that belong to one connection and those that
 * `Connection` names. Framing (Content-Length, Transfer-Encoding, Trailer) stays: bodies pass with their framing.
 */
export function endToEndHeaders(headers: HeaderLines): [name: string, value: string][] {
  let named: Set<string> | undefined;
  for (const [name, value] of headers) {
    if (name.length !== 10 || name.toLowerCase() !== 'connection') continue;
    for (const part of value.toLowerCase().split(',')) {
      const option = part.trim();
      if (option === 'close' || option === 'keep-alive' || option === 'upgrade' || framing.has(option)) continue;
      named ??= new Set();
      named.add(option);
    }
  }
  const kept: [string, string][] = [];
  for (const [name, value] of headers) {
    const lower = name.toLowerCase();
    if (!hopByHop.has(lower) && named?.has(lower) !== true) kept.push([name, value]);
  }
  return kept;
}

/** What a sender may not make us drop by naming it in `Connection`. */
const framing = new Set(['content-length', 'transfer-encoding', 'host', 'authorization', 'cookie']);
