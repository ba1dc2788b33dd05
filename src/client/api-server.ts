/** One API server of a cluster, as its URL and the configuration make it. */
import type { UpstreamEndpoint } from '../net/http1/upstream.ts';
import { isLoopbackUrl } from '../net/loopback-host.ts';
import type { ClientConfig, ClientTls } from './client-config.ts';
import type { Credentials } from './credentials.ts';

export class ApiServer {
  /** `https://HOST:PORT/PREFIX`. */
  readonly url: string;
  /** `host[:port]`, as the server knows itself. */
  readonly host: string;
  /** Path prefix of the URL, without a slash at the end. */
  readonly basePath: string;
  /** Without a client certificate: for requests that bring credentials of their own, which a certificate would outrank. */
  readonly anonymous: UpstreamEndpoint;
  /** In clear text credentials go to this machine only, and no command runs for them (kubectl sends none at all then). */
  readonly isOverheard: boolean;
  readonly #base: UpstreamEndpoint;
  #newest: { credentials: Credentials; endpoint: UpstreamEndpoint } | undefined;

  /** Throws TypeError for a URL that is not http or https. */
  constructor(
    serverUrl: string,
    { tls = {}, proxy, localSocket }: Pick<ClientConfig, 'tls' | 'proxy' | 'localSocket'>,
  ) {
    const url = new URL(serverUrl);
    if (url.protocol !== 'https:' && url.protocol !== 'http:') {
      throw new TypeError(`the server's URL must begin with https:// or http://, not ${url.protocol}//`);
    }
    const isSecure = url.protocol === 'https:';
    this.url = serverUrl;
    this.host = url.host;
    this.basePath = url.pathname.replace(/\/+$/, '');
    this.isOverheard = !isSecure && !isLoopbackUrl(url);
    const base: UpstreamEndpoint = {
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? (isSecure ? 443 : 80) : Number(url.port),
      ...(proxy && { proxy }),
    };
    const isLocal = localSocket !== undefined && proxy === undefined && tls.cert !== undefined;
    this.#base = { ...base, ...(isSecure && { tls: { ...tls } }), ...(isLocal && { unixSocket: localSocket }) };
    const hasIdentity = tls.cert !== undefined || tls.key !== undefined;
    this.anonymous = isSecure && hasIdentity ? { ...base, tls: withoutIdentity(tls) } : this.#base;
  }

  /** The way there with these credentials: the same object as long as they are the same. */
  endpoint(credentials: Credentials): UpstreamEndpoint {
    const { certificate } = credentials;
    const { tls, unixSocket, ...base } = this.#base;
    if (certificate === undefined || tls === undefined) return this.#base;
    if (this.#newest?.credentials !== credentials) {
      this.#newest = { credentials, endpoint: { ...base, tls: { ...tls, ...certificate } } };
    }
    return this.#newest.endpoint;
  }
}

function withoutIdentity({ cert, key, ...tls }: ClientTls): ClientTls {
  return tls;
}
