/** What is wrong with a client certificate and its key before a server has seen them. */
import { createPrivateKey, X509Certificate } from 'node:crypto';

/**
 * A clause such as "its certificate is not PEM", which holds nothing of the key; undefined where they can be used. `mayBeExpired`: there
 * are other credentials beside it, and most servers go by those then.
 */
export function keyPairFault(cert: string, key: string, { mayBeExpired = false } = {}): string | undefined {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(cert);
  } catch {
    return 'its certificate cannot be read as PEM';
  }
  try {
    if (!certificate.checkPrivateKey(createPrivateKey(key))) return 'its certificate and key do not belong together';
  } catch {
    return 'its key cannot be read as PEM without a passphrase';
  }
  if (!mayBeExpired && certificate.validToDate.getTime() < Date.now()) {
    return `its certificate has expired on ${certificate.validToDate.toISOString()}: renew it, or log in again`;
  }
  return undefined;
}
