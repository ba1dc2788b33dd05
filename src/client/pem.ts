/** What a PEM text holds. */
import { X509Certificate } from 'node:crypto';

/** Certificates and keys are small; more is another kind of file. */
export const maxPemBytes = 1024 * 1024;

export function isPem(text: string): boolean {
  return text.includes('-----BEGIN');
}

const certificateBegin = /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----/;
const certificateBlock = /-----BEGIN ((?:X509 |TRUSTED )?CERTIFICATE)-----[^-]*-----END \1-----/g;

/**
 * The text as it is where each certificate in it can be read, else those that can, which is what Go's clients go by: OpenSSL stops at the
 * first that it cannot read, without a word. Undefined where none can.
 */
export function readableCertificates(pem: string): string | undefined {
  const readable = (pem.match(certificateBlock) ?? []).filter(canBeRead);
  if (readable.length === 0) return undefined;
  return readable.length === pem.split(certificateBegin).length - 1
    ? pem
    : readable.map((block) => `${block}\n`).join('');
}

/** The same of a file that may be being written: undefined where it is cut off at its end, too. */
export function readableUnlessCutOff(pem: string): string | undefined {
  const last = [...pem.matchAll(/-----END [^\r\n-]+-----/g)].at(-1);
  const rest = last === undefined ? pem : pem.slice(last.index + last[0].length);
  const isCutOff = isPem(rest) || /[\r\n][ \t]*-[^\r\n]*$/.test(rest);
  return isCutOff ? undefined : readableCertificates(pem);
}

/** Certificates, all of which can be read, and nothing that is cut off: not a file that is being written. */
export function areWholeCertificates(pem: string): boolean {
  const blocks = pem.match(/^-----BEGIN ([^\r\n]+)-----$[^-]*^-----END \1-----\s*$/gm) ?? [];
  const markers = pem.match(/^-----/gm) ?? [];
  const certificates = blocks.filter((block) => certificateBegin.test(block));
  return markers.length === 2 * blocks.length && certificates.length > 0 && certificates.every(canBeRead);
}

function canBeRead(certificate: string): boolean {
  try {
    return new X509Certificate(certificate).raw.length > 0;
  } catch {
    return false;
  }
}
