/** A proxy on the way to an upstream: what connections through it differ by. */

export interface UpstreamProxy {
  /** `socks5` and `socks5h` alike leave looking names up to the proxy, as Go does. */
  protocol: 'http' | 'https' | 'socks5' | 'socks5h';
  host: string;
  port: number;
  username?: string;
  password?: string;
}

/**
 * `hop`: a handshake with who is first on the way. `tunnel`: the proxy is at work. `server`: a handshake with the server, through the
 * proxy's tunnel.
 */
export type ConnectStage = 'hop' | 'tunnel' | 'server';

export interface DialOptions {
  /** As of `openTcp`. */
  keepAliveMs: number;
  /** Told of each stage after the first `hop`. */
  begin(stage: ConnectStage): void;
}

/** The way to or through the proxy failed; the text is a clause about the proxy. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError';
}

/** `PROTOCOL://HOST:PORT`, without credentials. */
export function proxyName({ protocol, host, port }: UpstreamProxy): string {
  return `${protocol}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

const usualPorts = { http: 80, https: 443, socks5: 1080, socks5h: 1080 } as const;

/** Undefined where the text is no URL of a proxy that can be used. */
export function parseProxyUrl(text: string): UpstreamProxy | undefined {
  const url = URL.parse(text);
  const protocol = url?.protocol.slice(0, -1);
  if (url === null || url.hostname === '' || !isProtocol(protocol)) return undefined;
  let username: string;
  let password: string;
  try {
    username = decodeURIComponent(url.username);
    password = decodeURIComponent(url.password);
  } catch {
    return undefined;
  }
  return {
    protocol,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? usualPorts[protocol] : Number(url.port),
    ...(username !== '' && { username }),
    ...(password !== '' && { password }),
  };
}

function isProtocol(text: string | undefined): text is UpstreamProxy['protocol'] {
  return text !== undefined && Object.hasOwn(usualPorts, text);
}
