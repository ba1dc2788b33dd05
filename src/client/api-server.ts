/** One API server of a cluster, as its URL and the configuration make it. */
import type { UpstreamEndpoint } from '../net/http1/upstream.ts';
import { isLoopbackUrl } from '../net/loopback-host.ts';
import type { ClientConfig, ClientTls, TlsPems } from './client-config.ts';
import type { Credentials } from './credentials.ts';
import type { TlsWatch } from './tls-files.ts';
import { watchTlsFiles } from './tls-files.ts';

type Reach = Pick<ClientConfig, 'tls' | 'tlsFiles' | 'proxy' | 'localSocket'>;

interface Ways {
  /** What the files of the configuration had said. */
  pems: TlsPems | undefined;
  base: UpstreamEndpoint;
  anonymous: UpstreamEndpoint;
}

export class ApiServer {
  /** `https://HOST:PORT/PREFIX`. */
  readonly url: string;
  /** `host[:port]`, as the server knows itself. */
  readonly host: string;
  /** Path prefix of the URL, without a slash at the end. */
  readonly basePath: string;
  /** In clear text credentials go to this machine only, and no command runs for them (kubectl sends none at all then). */
  readonly isOverheard: boolean;
  readonly #config: Reach;
  readonly #tlsWatch: TlsWatch | undefined;
  readonly #address: UpstreamEndpoint;
  readonly #isSecure: boolean;
  #ways: Ways | undefined;
  #newest: { credentials: Credentials; base: UpstreamEndpoint; endpoint: UpstreamEndpoint } | undefined;

  /** Throws TypeError for a URL that is not http or https. */
  constructor(serverUrl: string, config: Reach) {
    const url = new URL(serverUrl);
    if (url.protocol !== 'https:' && url.protocol !== 'http:') {
      throw new TypeError(`the server's URL must begin with https:// or http://, not ${url.protocol}//`);
    }
    this.#isSecure = url.protocol === 'https:';
    this.#config = config;
    this.#tlsWatch = config.tlsFiles && watchTlsFiles(config.tlsFiles);
    this.url = serverUrl;
    this.host = url.host;
    this.basePath = url.pathname.replace(/\/+$/, '');
    this.isOverheard = !this.#isSecure && !isLoopbackUrl(url);
    this.#address = {
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? (this.#isSecure ? 443 : 80) : Number(url.port),
      ...(config.proxy && { proxy: config.proxy }),
    };
  }

  /** Without a client certificate: for requests that bring credentials of their own, which a certificate would outrank. */
  get anonymous(): UpstreamEndpoint {
    return this.#waysNow().anonymous;
  }

  /** The way there with these credentials: the same object as long as they, and the files of the configuration, are the same. */
  endpoint(credentials: Credentials): UpstreamEndpoint {
    const { base: usual } = this.#waysNow();
    const { certificate } = credentials;
    const { tls, unixSocket, ...base } = usual;
    if (certificate === undefined || tls === undefined) return usual;
    if (this.#newest?.credentials !== credentials || this.#newest.base !== usual) {
      this.#newest = { credentials, base: usual, endpoint: { ...base, tls: { ...tls, ...certificate } } };
    }
    return this.#newest.endpoint;
  }

  #waysNow(): Ways {
    const { tls: written = {}, localSocket, proxy } = this.#config;
    const pems = this.#tlsWatch?.current();
    if (this.#ways !== undefined && this.#ways.pems === pems) return this.#ways;
    const tls = this.#tlsWatch?.applied(written) ?? written;
    // The socket's extension names one certificate.
    const isLocal =
      localSocket !== undefined && proxy === undefined && tls.cert !== undefined && tls.cert === written.cert;
    const base = {
      ...this.#address,
      ...(this.#isSecure && { tls: { ...tls } }),
      ...(isLocal && { unixSocket: localSocket }),
    };
    const hasIdentity = tls.cert !== undefined || tls.key !== undefined;
    const anonymous = this.#isSecure && hasIdentity ? { ...this.#address, tls: withoutIdentity(tls) } : base;
    this.#ways = { pems, base, anonymous };
    return this.#ways;
  }
}

function withoutIdentity({ cert, key, ...tls }: ClientTls): ClientTls {
  return tls;
}
