/** TLS over a stream: whom it trusts, and which name the certificate must carry, as Go's clients have it. */
import { isIP } from 'node:net';
import type { PeerCertificate, SecureContext, SecureContextOptions, TLSSocket } from 'node:tls';
import { checkServerIdentity, connect, createSecureContext, getCACertificates } from 'node:tls';
import { lazy } from '../../lib/lazy.ts';
import { CertificateError } from './certificate-error.ts';
import { carriesHost } from './certificate-names.ts';
import type { UpstreamEndpoint } from './upstream.ts';

/** What connections of one pool key share: parsed certificates and the newest TLS session, for resumption. */
export interface TlsMemory {
  context?: SecureContext;
  session?: Buffer;
  /** Of the connections to the https proxy before it. */
  proxy?: TlsMemory;
}

/**
 * PEMs of the system's authorities (of SSL_CERT_FILE and SSL_CERT_DIR, where those are set), and of NODE_EXTRA_CA_CERTS. Node's own are
 * for systems that have none: where there are some, one that is missing among them was left out. Reading them takes some tens of
 * milliseconds, once.
 */
export const systemAuthorities: () => readonly string[] = lazy(() => {
  const system = getCACertificates('system');
  return system.length === 0 ? getCACertificates('default') : [...new Set([...system, ...getCACertificates('extra')])];
});

/** The socket emits `secureConnect`, or the error of the check; `under` says what it is opened over. */
export function startTls(
  { host, tls = {} }: Pick<UpstreamEndpoint, 'host' | 'tls'>,
  under: object,
  memory: TlsMemory,
): TLSSocket {
  memory.context ??= contextOf(tls);
  const expected = identity(tls.serverName ?? host);
  const socket = connect({
    ...under,
    secureContext: memory.context,
    session: memory.session,
    ALPNProtocols: ['http/1.1'],
    rejectUnauthorized: tls.insecureSkipVerify !== true,
    // Server Name Indication is for names only (RFC 6066); an address is checked against the certificate all the same.
    ...(expected !== '' && isIP(expected) === 0 ? { servername: expected } : {}),
    checkServerIdentity: (_host: string, certificate: PeerCertificate) => identityFault(expected, certificate),
  });
  socket.allowHalfOpen = true;
  socket.on('session', (session: Buffer) => {
    memory.session = session;
  });
  return socket;
}

function contextOf({ ca, cert, key, insecureSkipVerify }: NonNullable<UpstreamEndpoint['tls']>): SecureContext {
  const bySystem = ca === undefined && insecureSkipVerify !== true;
  if (bySystem && cert === undefined && key === undefined) return systemContext();
  return createContext({ ca: bySystem ? [...systemAuthorities()] : ca, cert, key });
}

/** Of those who bring nothing of their own: it holds hundreds of certificates. */
const systemContext = lazy(() => createContext({ ca: [...systemAuthorities()] }));

/** An authority that somebody names is trusted whoever signed it: it may be an intermediate one, or the server's own certificate. */
function createContext(options: SecureContextOptions): SecureContext {
  return createSecureContext({ ...options, allowPartialTrustChain: true });
}

/** Names without the dot of the root, which no certificate has and Go's servers refuse in an indication; addresses without brackets. */
function identity(name: string): string {
  return name.replace(/^\[(.*)\]$/, '$1').replace(/\.+$/, '');
}

/** Undefined where the certificate carries the name. Common names do not count: they were for people, and nothing constrains them. */
function identityFault(expected: string, certificate: PeerCertificate): Error | undefined {
  const code = 'ERR_TLS_CERT_ALTNAME_INVALID';
  if (certificate.subjectaltname === undefined) {
    const problem = 'names no host or address (it has no subject alternative names; its common name does not count)';
    return new CertificateError('no names', problem, { code });
  }
  const ofAddress = isIP(expected) !== 0;
  const cause = ofAddress ? checkServerIdentity(expected, certificate) : undefined;
  if (ofAddress ? cause === undefined : carriesHost(certificate.subjectaltname, expected)) return undefined;
  return new CertificateError('other names', `is for other names than ${expected}`, { code, cause });
}
