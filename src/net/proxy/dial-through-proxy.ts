/** Opens a raw stream to an upstream through its proxy. */
import type { Duplex } from 'node:stream';
import { CertificateError } from '../http1/certificate-error.ts';
import { openTcp, openTls, socketErrorText } from '../http1/open-socket.ts';
import type { TlsMemory } from '../http1/start-tls.ts';
import type { UpstreamEndpoint } from '../http1/upstream.ts';
import { openConnectTunnel } from './connect-tunnel.ts';
import { openSocksTunnel } from './socks5.ts';
import type { DialOptions, UpstreamProxy } from './upstream-proxy.ts';
import { ProxyError } from './upstream-proxy.ts';

type UpstreamTls = UpstreamEndpoint['tls'] & object;

/**
 * Rejects with ProxyError or the signal's reason. An https proxy is trusted by the system's authorities
 * and by that of the upstream (which is what Go does); it never gets the upstream's client certificate. `memory` is of the TLS with it.
 */
export async function dialThroughProxy(
  { host, port, tls }: UpstreamEndpoint,
  proxy: UpstreamProxy,
  memory: TlsMemory,
  signal: AbortSignal,
  { keepAliveMs, begin }: DialOptions,
): Promise<Duplex> {
  let stream: Duplex | undefined;
  try {
    stream = await openTcp(proxy, signal, keepAliveMs);
    if (proxy.protocol === 'https') {
      begin('hop');
      stream = await openTls({ host: proxy.host, tls: await proxyTrust(tls) }, stream, memory, signal);
    }
    begin('tunnel');
    if (proxy.protocol === 'http' || proxy.protocol === 'https') {
      const target = `${host.includes(':') ? `[${host}]` : host}:${port}`;
      await openConnectTunnel(stream, target, proxy, signal);
    } else await openSocksTunnel(stream, { host, port }, proxy, signal);
    return stream;
  } catch (error) {
    stream?.destroy();
    signal.throwIfAborted();
    if (error instanceof ProxyError) throw error;
    throw new ProxyError(proxyErrorText(error), { cause: error });
  }
}

/** Without an authority of the upstream it is the system's alone, which all such connections share. */
async function proxyTrust({ ca, insecureSkipVerify }: UpstreamTls = {}): Promise<UpstreamTls> {
  if (insecureSkipVerify === true) return { insecureSkipVerify };
  if (ca === undefined) return {};
  const { systemAuthorities } = await import('../http1/start-tls.ts');
  return { ca: [...systemAuthorities(), ca].join('\n') };
}

function proxyErrorText(error: unknown): string {
  if (!(error instanceof CertificateError)) return socketErrorText(error);
  const { fault, problem } = error;
  const untrusted = 'is signed neither by an authority that this system trusts nor by that of the cluster';
  return `the proxy's certificate ${fault === 'untrusted' ? untrusted : problem}`;
}
