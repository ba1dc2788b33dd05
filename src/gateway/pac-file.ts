/** Proxy auto-configuration: a browser asks the gateway for names of the cluster, and itself for all others. */
import type { GatewayContexts } from './contexts.ts';

/**
 * `proxy` is the gateway's HOST:PORT. Names below localhost go there too: not every system resolves them. Written for
 * the oldest JavaScript that browsers run such files with.
 */
export function pacFile(proxy: string, contexts: GatewayContexts): string {
  const aliases = contexts.map(({ alias }) => alias).filter((alias) => alias !== '');
  const ends = ['cluster.local', ...aliases].map((end) => end.replace(/[.-]/g, '\\$&')).join('|');
  return `function FindProxyForURL(url, host) {
  host = host.toLowerCase();
  var cluster = /\\.(svc|pod)(\\.(${ends}))?$/.test(host);
  var local = /\\.localhost$/.test(host);
  return cluster || local ? "PROXY ${proxy}" : "DIRECT";
}
`;
}
