/** What fails on the way to a program of the cluster, in the words of Go, which clients and people know it by. */

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect: connection refused',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  ETIMEDOUT: 'connect: connection timed out',
  EADDRNOTAVAIL: 'connect: cannot assign requested address',
  EPERM: 'connect: operation not permitted',
  EACCES: 'connect: permission denied',
};

/** How a text of `goErrorText` ends where the certificate is of another CA, or none. */
export const unknownAuthority = 'tls: failed to verify certificate: x509: certificate signed by unknown authority';
const outOfTime = 'tls: failed to verify certificate: x509: certificate has expired or is not yet valid';

/** Once something answered there. */
const handshakes: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: unknownAuthority,
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  CERT_SIGNATURE_FAILURE: unknownAuthority,
  CERT_HAS_EXPIRED: outOfTime,
  CERT_NOT_YET_VALID: outOfTime,
  ERR_TLS_CERT_ALTNAME_INVALID: 'tls: failed to verify certificate: x509: certificate is not valid for this address',
};

/** `where` is `HOST:PORT`. Undefined for what Go has no words for, or none are known here. */
export function goErrorText(error: unknown, where: string): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    const code = 'code' in at && typeof at.code === 'string' ? at.code : '';
    const reason = reasons[code];
    if (reason !== undefined) return `dial tcp ${where}: ${reason}`;
    const handshake = handshakes[code];
    if (handshake !== undefined) return `${where}: ${handshake}`;
    // OpenSSL's, for which there is no code of its own.
    if (/:SSL routines:[^:]*:(?:wrong version number|packet length too long):/.test(at.message)) {
      return `${where}: http: server gave HTTP response to HTTPS client`;
    }
    if (at instanceof AggregateError) {
      const found = goErrorText(at.errors[0], where);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}
