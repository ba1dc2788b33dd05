/** Reads from a request what it brought to prove who sends it. */
import { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Certificate } from 'node:tls';
import { TLSSocket } from 'node:tls';
import { unauthorized } from '../../api/status.ts';
import type { Credentials } from './types.ts';

interface PeerIdentity {
  certificate: NonNullable<Credentials['certificate']>;
  /** Milliseconds since the epoch. */
  expires: number;
}

/** A connection's certificate does not change, and reading it costs more than a request may. */
const identities = new WeakMap<Socket, PeerIdentity | undefined>();

/** Of the WebSocket subprotocol that carries a bearer token, in base64url. */
export const bearerSubprotocolPrefix = 'base64url.bearer.authorization.k8s.io.';

/**
 * Whoever sends on this connection counts as the holder of this client certificate (PEM, of the cluster's CA): for a way in that
 * nobody else has.
 */
export function countAsHolder(socket: Socket, certPem: string): void {
  const certificate = new X509Certificate(certPem);
  const { subject } = certificate.toLegacyObject();
  identities.set(socket, identityFrom(certificate, subject));
}

/** Throws `StatusError` 401 for a client certificate that the CA did not issue, or that is over. */
export function readCredentials(request: IncomingMessage): Credentials {
  const certificate = readCertificate(request);
  const bearerToken = readBearerToken(request);
  return {
    ...(certificate === undefined ? {} : { certificate }),
    ...(bearerToken === undefined ? {} : { bearerToken }),
  };
}

function readCertificate({ socket }: IncomingMessage): Credentials['certificate'] {
  if (!identities.has(socket)) identities.set(socket, socket instanceof TLSSocket ? identityOf(socket) : undefined);
  const identity = identities.get(socket);
  if (identity !== undefined && identity.expires < Date.now()) throw unauthorized();
  return identity?.certificate;
}

function identityOf(socket: TLSSocket): PeerIdentity | undefined {
  const peer = socket.getPeerX509Certificate();
  if (peer === undefined) return undefined;
  if (!socket.authorized) throw unauthorized();
  return identityFrom(peer, socket.getPeerCertificate().subject);
}

function identityFrom({ fingerprint256, validTo }: X509Certificate, subject: Certificate): PeerIdentity {
  return {
    certificate: {
      commonName: listOf(subject.CN)[0] ?? '',
      organizations: listOf(subject.O),
      fingerprint: fingerprint256.replaceAll(':', '').toLowerCase(),
    },
    expires: Date.parse(validTo),
  };
}

function listOf(value: string | string[] | undefined): string[] {
  return value === undefined ? [] : typeof value === 'string' ? [value] : value;
}

/** A scheme other than Bearer brings nothing that this server knows, and so counts as bringing nothing. */
function readBearerToken({ headers }: IncomingMessage): string | undefined {
  const [scheme = '', token = ''] = (headers.authorization ?? '').trim().split(/ +/, 2);
  if (scheme.toLowerCase() === 'bearer' && token !== '') return token;
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((one) => one.trim());
  const encoded = offered.find((one) => one.startsWith(bearerSubprotocolPrefix))?.slice(bearerSubprotocolPrefix.length);
  if (encoded === undefined || encoded === '') return undefined;
  return Buffer.from(encoded, 'base64url').toString('utf8');
}
