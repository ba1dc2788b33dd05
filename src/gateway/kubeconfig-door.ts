/**
 * The API of every context for clients that take a kubeconfig (kubectl, Helm, operators): over TLS of the gateway's own,
 * for whoever has its token, nothing rejected. Credentials of the clusters stay here.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { SecureContext, TLSSocket } from 'node:tls';
import { createSecureContext } from 'node:tls';
import { issueCertificate, newKey } from '../net/certificates/certificate.ts';
import { headerValue } from '../net/http1/headers.ts';
import { Http1Server } from '../net/http1/server.ts';
import type { ServerExchange } from '../net/http1/server-exchange.ts';
import type { ApiUpstream } from './api-upstream.ts';
import type { GatewayContext } from './contexts.ts';
import { delegatedRequestHead } from './forward-headers.ts';
import type { GatewayMetrics } from './metrics.ts';
import { answerProblem } from './problem.ts';
import { readOnlyPathReason } from './read-only.ts';

/** By this name (SNI) its clients are told from those of the gateway, where both come by TLS. */
export const kubeconfigServerName = 'kubeconfig.fairlead.internal';

const root = '/.fairlead/clusters/';
/** Of the certificate: it is made anew at every start. */
const lifetimeMs = 365 * 24 * 3600_000;

export interface KubeconfigDoorOptions {
  readOnly: boolean;
  metrics: GatewayMetrics;
  /** The gateway itself speaks TLS too. */
  sharesPort: boolean;
}

export class KubeconfigDoor {
  /** PEM of what vouches for the gateway's certificate: itself. */
  readonly caPem: string;
  /** Known to this process and to the file that it writes. */
  readonly token = randomBytes(32).toString('base64url');
  readonly #hash = sha256(`Bearer ${this.token}`);
  readonly secureContext: SecureContext;
  readonly #upstreams: ReadonlyMap<string, ApiUpstream>;
  readonly #readOnly: boolean;
  readonly #server: Http1Server;

  /** The gateway itself speaks TLS too. */
  readonly sharesPort: boolean;

  constructor(upstreams: readonly ApiUpstream[], { readOnly, sharesPort, metrics }: KubeconfigDoorOptions) {
    this.sharesPort = sharesPort;
    this.#readOnly = readOnly;
    this.#server = new Http1Server({
      onRequest: (exchange) => {
        metrics.request(exchange, 'kubeconfig');
        this.#handle(exchange);
      },
    });
    this.#upstreams = new Map(upstreams.map((upstream) => [segmentOf(upstream.context), upstream]));
    const key = newKey();
    this.caPem = issueCertificate({
      subject: { commonName: 'fairlead-gateway' },
      key,
      signingKey: key,
      notBefore: new Date(Date.now() - 3600_000),
      notAfter: new Date(Date.now() + lifetimeMs),
      use: 'server',
      dnsNames: ['localhost', kubeconfigServerName],
      ipAddresses: ['127.0.0.1', '::1'],
    });
    const keyPem = key.export({ type: 'pkcs8', format: 'pem' }).toString();
    this.secureContext = createSecureContext({ key: keyPem, cert: this.caPem, minVersion: 'TLSv1.2' });
  }

  /** Path of the context's API, below the gateway's address. */
  static path(context: GatewayContext): string {
    return `${root}${segmentOf(context)}`;
  }

  /** Takes a connection after its handshake. */
  serve(socket: TLSSocket): void {
    this.#server.accept(socket);
  }

  async drain(graceMs: number): Promise<void> {
    await this.#server.drain(graceMs);
  }

  #handle(exchange: ServerExchange): void {
    const { target, headers } = exchange.head;
    const [, segment = '', rest] = /^\/\.fairlead\/clusters\/([^/?]*)(\/.*)?$/s.exec(target) ?? [];
    const given = headerValue(headers, 'authorization') ?? '';
    if (!timingSafeEqual(sha256(given), this.#hash)) {
      const message =
        'The token is not that of this gateway. Use the file that --kubeconfig-out names; it is written anew at every start.';
      answerProblem(exchange, { code: 401, reason: 'Unauthorized', title: 'Unauthorized', message });
      return;
    }
    const upstream = this.#upstreams.get(segment);
    if (upstream === undefined || rest === undefined) {
      const message = `Over TLS this gateway serves ${[...this.#upstreams.keys()].map((each) => `${root}${each}/`).join(', ')}. Use the file that --kubeconfig-out names.`;
      answerProblem(exchange, { code: 404, reason: 'NotFound', title: 'Nothing is here', message });
      return;
    }
    const refused = this.#readOnly ? readOnlyPathReason(exchange, rest) : undefined;
    if (refused !== undefined) {
      answerProblem(exchange, {
        code: 403,
        reason: 'Forbidden',
        title: 'Refused by the gateway',
        message: `${refused}.`,
      });
      return;
    }
    upstream.forward(exchange, {
      target: rest,
      toApp: false,
      head: (path, server) => delegatedRequestHead(exchange, path, server),
      rewriteHeaders: () => {},
    });
  }
}

function segmentOf({ alias }: GatewayContext): string {
  return alias === '' ? 'default' : alias;
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
