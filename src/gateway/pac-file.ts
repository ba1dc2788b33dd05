/** Proxy auto-configuration: a browser asks the gateway for names of the cluster, and itself for all others. */
import type { GatewayContext } from './contexts.ts';

/**
 * `gateway` is its HOST:PORT as the browser named it; `secure`: it speaks TLS there. Names below localhost go there too: not every system resolves them. Written for
 * the oldest JavaScript that browsers run such files with.
 */
export function pacFile(
  { gateway, secure }: { gateway: string; secure: boolean },
  contexts: readonly Pick<GatewayContext, 'alias'>[],
): string {
  // Under --accept-hosts the name may be any text.
  const way = JSON.stringify(`${secure ? 'HTTPS' : 'PROXY'} ${gateway}`);
  const aliases = contexts.map(({ alias }) => alias).filter((alias) => alias !== '');
  const ends = ['cluster.local', ...aliases].map((end) => end.replace(/[.-]/g, '\\$&')).join('|');
  return `function FindProxyForURL(url, host) {
  host = host.toLowerCase();
  var cluster = /\\.(svc|pod)(\\.(${ends}))?$/.test(host);
  var local = /\\.localhost$/.test(host);
  return cluster || local ? ${way} : "DIRECT";
}
`;
}
