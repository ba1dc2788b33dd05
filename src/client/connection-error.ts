/** Failures on the way to the API server: there is no Status, since no server answered. */
import type { CertificateFault } from '../net/http1/certificate-error.ts';
import { CertificateError } from '../net/http1/certificate-error.ts';
import { UpstreamError } from '../net/http1/upstream.ts';
import { ProxyError } from '../net/proxy/upstream-proxy.ts';

/** The request got no answer, or one that was cut off. The message names the server, what happened and what to do. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  /** True when the server may have acted on the request. */
  readonly sent: boolean;
  /** True when an answer had begun, and was cut off. */
  readonly cutOff: boolean;

  constructor(message: string, options: { sent: boolean; cutOff?: boolean; cause: unknown }) {
    super(message, { cause: options.cause });
    this.sent = options.sent;
    this.cutOff = options.cutOff ?? false;
  }
}

/** What to do where a server's certificate is not accepted. */
const certificateAdvice: Readonly<Record<CertificateFault, string>> = {
  untrusted: 'Is it the right cluster?',
  expired: 'Check the clock, or renew the certificate.',
  unfit: 'Check the certificate authority, or have the certificate issued anew.',
  'other names': "Check the server's address, or set tls-server-name for this cluster.",
  'no names': 'It has to be issued anew, with the names of the server.',
};
const authorityAdvice =
  'No other authority is named: set certificate-authority (in the kubeconfig or as a flag; tls.ca in code).';

/** What TLS alerts mean here, by the end of their code; the rest of it varies with the version of OpenSSL. */
const tlsFaults: readonly (readonly [code: RegExp, what: string])[] = [
  [
    /ALERT_CERTIFICATE_REQUIRED$/,
    'it wants a client certificate, and this user has none. Check the user in the kubeconfig, or log in again.',
  ],
  [
    /ALERT_CERTIFICATE_(?:EXPIRED|REVOKED)$/,
    'it refuses the client certificate, which has expired or was revoked. Renew it, or log in again.',
  ],
  [
    /ALERT_UNKNOWN_CA$/,
    'it refuses the client certificate, whose authority it does not know. Is it the right cluster, and the right user?',
  ],
  [
    /ALERT_(?:(?:BAD|UNSUPPORTED|NO)_CERTIFICATE|CERTIFICATE_UNKNOWN|ACCESS_DENIED|DECRYPT_ERROR)$/,
    'it refuses the client certificate. Check the user in the kubeconfig, or log in again.',
  ],
  [
    /UNRECOGNIZED_NAME$/,
    "it has no certificate for this name. Check the server's address, or set tls-server-name for this cluster.",
  ],
  [/ALERT_PROTOCOL_VERSION$/, 'it takes no version of TLS that this client has. Is it a very old server?'],
  [
    /ALERT_HANDSHAKE_FAILURE$/,
    'it gave up the TLS handshake: it wants another client certificate, or ciphers that this client does not have.',
  ],
  [
    /WRONG_VERSION_NUMBER$|HTTP_REQUEST$/,
    'it does not speak TLS there. Check the server in the kubeconfig: its port, and whether it begins with http://.',
  ],
];

/** OpenSSL's own lines have addresses of memory and places in its source around the reason. */
const opensslLine = /[0-9A-F]+:error:[0-9A-F]+:[^:]*:[^:]*:([^:]*):[^:]*:\d+:[^\n)]*/gi;

export interface FailureFacts {
  /** It was no read, and may have been carried out. */
  outcomeUnknown?: boolean;
  /** The answer had begun. */
  cutOff?: boolean;
}

/** Turns what the pool threw into the sentence a user reads. Aborts by the caller are not touched. */
export function explainFailure(
  server: string,
  error: unknown,
  { outcomeUnknown = false, cutOff = false }: FailureFacts = {},
): ConnectionError {
  const code = rootCode(error);
  const sent = error instanceof UpstreamError ? error.sent : false;
  const told = withoutHost(error instanceof Error ? error.message : String(error), server);
  const text = oneLine(told.replaceAll(opensslLine, '$1'));
  const unknown = outcomeUnknown ? ' Whether the request was carried out is not known: look before you repeat it.' : '';
  const make = (what: string) =>
    new ConnectionError(`Cannot talk to the API server ${server}: ${what}${unknown}`, { sent, cutOff, cause: error });
  if (causeOf(error, ProxyError)) return make(`${text}. Check the proxy (proxy-url of the cluster, or HTTPS_PROXY).`);
  const refused = causeOf(error, CertificateError);
  if (refused !== undefined) {
    const { fault, problem, bySystem } = refused;
    return make(
      `its certificate ${problem}. ${fault === 'untrusted' && bySystem ? authorityAdvice : certificateAdvice[fault]}`,
    );
  }
  switch (code) {
    case 'ECONNREFUSED':
      return make('nothing listens there (connection refused). Is the cluster running, and is this its address?');
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return make('its host name cannot be resolved. Check the server in the kubeconfig, the network and DNS.');
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return make('it cannot be reached from here. Check the network, VPN and firewall.');
    default:
  }
  const fault = code?.startsWith('ERR_SSL_') ? tlsFaults.find(([of]) => of.test(code)) : undefined;
  if (fault !== undefined) return make(fault[1]);
  return make(text.endsWith('.') ? text : `${text}.`);
}

/** The pool's errors begin with the host, which the sentence has named by then. */
function withoutHost(text: string, server: string): string {
  const url = URL.parse(server);
  if (url === null) return text;
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : url.port;
  const name = `${url.hostname}:${port}: `;
  return text.startsWith(name) ? text.slice(name.length) : text;
}

/** Lines become words apart, but nothing stands apart from what closes it. */
function oneLine(text: string): string {
  return text.trim().replaceAll(/\s+([).]?)/g, (all, closing: string) => (/[\r\n]/.test(all) ? closing || ' ' : all));
}

function causeOf<T extends Error>(error: unknown, kind: new (...given: never[]) => T): T | undefined {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof kind) return at;
  return undefined;
}

function rootCode(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string') return at.code;
  }
  return undefined;
}
