/** Why a server's certificate is not accepted, in words for a user. */

/**
 * `untrusted`: signed by no authority that counts. `expired`: not valid at this time. `unfit`: it, or one that signed it, is not for this.
 * The others are about its names.
 */
export type CertificateFault = 'untrusted' | 'expired' | 'unfit' | 'other names' | 'no names';

/** The message is a clause: "the certificate …". The cause is what Node and OpenSSL call it. */
export class CertificateError extends Error {
  override readonly name = 'CertificateError';
  readonly fault: CertificateFault;
  /** The clause without its subject: "is for other names than …". */
  readonly problem: string;
  /** What was asked was the system's authorities: the configuration names none. */
  readonly bySystem: boolean;
  readonly code: string;

  constructor(
    fault: CertificateFault,
    problem: string,
    options: { code: string; bySystem?: boolean; cause?: unknown },
  ) {
    super(`the certificate ${problem}`, { cause: options.cause });
    this.fault = fault;
    this.problem = problem;
    this.code = options.code;
    this.bySystem = options.bySystem ?? false;
  }
}

const untrusted = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_SIGNATURE_FAILURE',
]);

/** The rest of what Node calls the findings of OpenSSL about a chain; UNSPECIFIED are those that it has no name for, such as weak keys. */
const unfit = new Set([
  'INVALID_PURPOSE',
  'INVALID_CA',
  'PATH_LENGTH_EXCEEDED',
  'CERT_CHAIN_TOO_LONG',
  'CERT_REVOKED',
  'CERT_REJECTED',
  'CERT_UNTRUSTED',
  'UNABLE_TO_DECRYPT_CERT_SIGNATURE',
  'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
  'ERROR_IN_CERT_NOT_BEFORE_FIELD',
  'ERROR_IN_CERT_NOT_AFTER_FIELD',
  'UNSPECIFIED',
]);

/** What Node's error of a handshake means where it is about the certificate; else that error itself. */
export function certificateErrorOf(error: unknown, { bySystem }: { bySystem: boolean }): unknown {
  if (!(error instanceof Error && 'code' in error && typeof error.code === 'string')) return error;
  const options = { code: error.code, cause: error, bySystem };
  if (untrusted.has(error.code)) {
    const authority = bySystem
      ? 'an authority that this system trusts'
      : 'the certificate authority of this configuration';
    return new CertificateError('untrusted', `is not signed by ${authority}`, options);
  }
  if (error.code === 'CERT_HAS_EXPIRED' || error.code === 'CERT_NOT_YET_VALID') {
    return new CertificateError('expired', 'is not valid at this time', options);
  }
  if (unfit.has(error.code)) {
    const problem = `is not fit for this, or one that signed it is not (${error.message})`;
    return new CertificateError('unfit', problem, options);
  }
  return error;
}
