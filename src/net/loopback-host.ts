/** Servers of this machine alone, and web pages that reach them under a name that was bound to it (DNS rebinding). */
import { isIP } from 'node:net';

/** True for addresses that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** The same for the host of a URL, where addresses of IPv6 stand in brackets. */
export function isLoopbackUrl({ hostname }: Pick<URL, 'hostname'>): boolean {
  return isLoopback(hostname.replace(/^\[|\]$/g, ''));
}

const ownName = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

/** Whether a Host header names this machine as itself. Browsers always send one; where there is none nothing is hidden. */
export function namesLoopback(host: string | undefined): boolean {
  return host === undefined || ownName.test(host);
}
