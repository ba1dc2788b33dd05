/** What a PEM text holds. */
import { X509Certificate } from 'node:crypto';

/** Certificates and keys are small; more is another kind of file. */
export const maxPemBytes = 1024 * 1024;

export function isPem(text: string): boolean {
  return text.includes('-----BEGIN');
}

/** That one is there; whether a server can be trusted by it shows when one is asked. */
export function holdsCertificate(pem: string): boolean {
  return /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----/.test(pem);
}

/** Certificates, all of which can be read, and nothing that is cut off: not a file that is being written. */
export function areWholeCertificates(pem: string): boolean {
  const blocks = pem.match(/^-----BEGIN ([^\r\n]+)-----$[^-]*^-----END \1-----\s*$/gm) ?? [];
  const markers = pem.match(/^-----/gm) ?? [];
  const certificates = blocks.filter(holdsCertificate);
  return markers.length === 2 * blocks.length && certificates.length > 0 && certificates.every(canBeRead);
}

function canBeRead(certificate: string): boolean {
  try {
    return new X509Certificate(certificate).raw.length > 0;
  } catch {
    return false;
  }
}
