/** Which proxy leads to a server: that of the cluster's entry, else that of the environment, by Go's rules (`x/net/http/httpproxy`). */

import type { UpstreamProxy } from '../net/proxy/upstream-proxy.ts';
import { parseProxyUrl } from '../net/proxy/upstream-proxy.ts';
import { ConfigError } from './client-config.ts';
import type { KubeconfigEntry } from './kubeconfig-entry.ts';
import { entryError, textField } from './kubeconfig-entry.ts';
import { leadsThroughProxy } from './no-proxy.ts';

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
