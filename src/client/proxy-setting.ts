/** Which proxy leads to a server: that of the cluster's entry, else that of the environment, by Go's rules (`x/net/http/httpproxy`). */

import { BlockList, isIP } from 'node:net';
import { isLoopback } from '../net/loopback-host.ts';
import type { UpstreamProxy } from '../net/proxy/upstream-proxy.ts';
import { parseProxyUrl } from '../net/proxy/upstream-proxy.ts';
import { ConfigError } from './client-config.ts';
import type { KubeconfigEntry } from './kubeconfig-entry.ts';
import { entryError, textField } from './kubeconfig-entry.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The cluster's own: it holds whatever NO_PROXY says. Throws ConfigError. */
export function clusterProxy(cluster: KubeconfigEntry): UpstreamProxy | undefined {
  const text = textField(cluster, 'proxy-url');
  if (text === undefined) return undefined;
  const proxy = parseProxyUrl(text);
  // Not the text itself: it may carry a password.
  if (proxy === undefined) {
    throw entryError(cluster, '"proxy-url" must be a URL that begins with http://, https://, socks5:// or socks5h://');
  }
  return proxy;
}

/** HTTPS_PROXY or HTTP_PROXY (or in lower case) after the server's scheme, but for NO_PROXY and this machine itself. */
export function environmentProxy(server: string, env: Environment): UpstreamProxy | undefined {
  const url = new URL(server);
  const name = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const text = env[name] || env[name.toLowerCase()];
  if (!text) return undefined;
  // In a CGI program HTTP_PROXY is a header of a stranger's request.
  if (name === 'HTTP_PROXY' && env.REQUEST_METHOD) return undefined;
  if (!leadsThroughProxy(url, env.NO_PROXY || env.no_proxy || '')) return undefined;
  const proxy = parseProxyUrl(text.includes('://') ? text : `http://${text}`);
  if (proxy === undefined) {
    throw new ConfigError(
      `The environment's ${name} is not the URL of a proxy that can be used: it must begin with http://, https://, socks5:// or socks5h://.`,
    );
  }
  return proxy;
}

function leadsThroughProxy(url: URL, noProxy: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  const family = isIP(host);
  if (isLoopback(host)) return false;
  return !noProxy.split(',').some((part) => excludes(part.trim().toLowerCase(), { host, port, family }));
}

/** One item of NO_PROXY: `*`, an address, a range, a domain with all below it, `.domain` for those below; each with `:port`. */
function excludes(item: string, { host, port, family }: { host: string; port: string; family: number }): boolean {
  if (item === '') return false;
  if (item === '*') return true;
  if (item.includes('/')) return family !== 0 && inRange(host, family, item);
  const parts = /^(?:\[([^\]]+)\]|([^:]*))(?::(\d+))?$/.exec(item);
  const name = parts === null ? item : (parts[1] ?? parts[2] ?? '');
  if (parts?.[3] !== undefined && parts[3] !== port) return false;
  if (isIP(name) !== 0) return isIP(name) === family && inRange(host, family, `${name}/${family === 4 ? 32 : 128}`);
  if (family !== 0 || name === '') return false;
  const domain = name.replace(/^\*\./, '.');
  return domain.startsWith('.') ? host.endsWith(domain) : host === domain || host.endsWith(`.${domain}`);
}

function inRange(host: string, family: number, range: string): boolean {
  const [network = '', bits = ''] = range.split('/');
  const of = isIP(network);
  if (of !== family || !/^\d{1,3}$/.test(bits) || Number(bits) > (of === 4 ? 32 : 128)) return false;
  const type = of === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(network, Number(bits), type);
  return list.check(host, type);
}
