/** Which servers a proxy of the environment leads to, by Go's rules (`x/net/http/httpproxy`): NO_PROXY, and this machine. */
import { isIPv4, isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';
import { ipv6Bytes } from '../net/ipv6.ts';
import { isLoopback } from '../net/loopback-host.ts';

interface Target {
  host: string;
  port: string;
  /** Where the host is an address. */
  bytes: readonly number[] | undefined;
}

/** False for this machine itself, and for what an item of `noProxy` names. */
export function leadsThroughProxy(url: URL, noProxy: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  const bytes = addressBytes(host);
  if (isLoopback(bytes?.length === 4 ? bytes.join('.') : host)) return false;
  return !noProxy.split(',').some((part) => excludes(part.trim().toLowerCase(), { host, port, bytes }));
}

/** One item: `*`, a range, or an address, a domain with all below it or `.domain` for those below, each with `:port`. */
function excludes(item: string, { host, port, bytes }: Target): boolean {
  if (item === '') return false;
  if (item === '*') return true;
  if (item.includes('/')) return bytes !== undefined && isInRange(bytes, item);
  const named = splitPort(item);
  if (named.port !== '' && named.port !== port) return false;
  const address = addressBytes(named.host);
  if (address !== undefined) return bytes !== undefined && samePrefix(bytes, address, 8 * address.length);
  if (bytes !== undefined || named.host === '') return false;
  const domain = asciiOf(named.host.replace(/^\*\./, '.'));
  return domain.startsWith('.') ? host.endsWith(domain) : host === domain || host.endsWith(`.${domain}`);
}

/** Without a port nothing is split: brackets are then part of a name that nothing has. */
function splitPort(item: string): { host: string; port: string } {
  const parts = /^(?:\[([^[\]]*)\]|([^:[\]]*)):([^:[\]]*)$/.exec(item);
  return parts === null ? { host: item, port: '' } : { host: parts[1] ?? parts[2] ?? '', port: parts[3] ?? '' };
}

function asciiOf(domain: string): string {
  // Of what is no name it makes nothing.
  return /^[\0-\x7f]*$/.test(domain) ? domain : domainToASCII(domain) || domain;
}

/** 4 bytes for an address of IPv4, also one that is written as IPv6; undefined for what is none, or has a zone. */
function addressBytes(text: string): number[] | undefined {
  if (isIPv4(text)) return text.split('.').map(Number);
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const bytes = ipv6Bytes(text);
  return isMapped(bytes) ? bytes.slice(12) : bytes;
}

const mappedPrefix = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 0, 0, 0, 0];

function isMapped(bytes: readonly number[]): boolean {
  return samePrefix(bytes, mappedPrefix, 96);
}

function isInRange(bytes: readonly number[], range: string): boolean {
  const [, network = '', digits = ''] = /^([^/%]*)\/(\d{1,3})$/.exec(range) ?? [];
  const bits = Number(digits);
  if (isIPv4(network)) return bits <= 32 && samePrefix(bytes, network.split('.').map(Number), bits);
  if (!isIPv6(network) || bits > 128) return false;
  const of = ipv6Bytes(network);
  return bits >= 96 && isMapped(of) ? samePrefix(bytes, of.slice(12), bits - 96) : samePrefix(bytes, of, bits);
}

/** Of different lengths: never. */
function samePrefix(one: readonly number[], other: readonly number[], bits: number): boolean {
  return (
    one.length === other.length &&
    one.every((byte, index) => {
      const unsaid = Math.min(8, Math.max(0, 8 * (index + 1) - bits));
      return byte >> unsaid === (other[index] ?? 0) >> unsaid;
    })
  );
}
