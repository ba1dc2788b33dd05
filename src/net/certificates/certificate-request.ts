/** What a PKCS#10 certificate request (RFC 2986) asks for: a subject, and names for it. */

import { ipv6Text } from '../ipv6.ts';
import { type DerElement, readElements, readObjectIdentifier, readText } from './read-der.ts';

export interface CertificateRequest {
  /** Values of the subject by the object identifier of their kind, in the order in which they stand. */
  subject: ReadonlyMap<string, readonly string[]>;
  dnsNames: readonly string[];
  emailAddresses: readonly string[];
  uris: readonly string[];
  ipAddresses: readonly string[];
}

const extensionRequest = '1.2.840.113549.1.9.14';
const subjectAltName = '2.5.29.17';

/** Throws RangeError for text that holds no PEM of a request, and for one that is malformed. */
export function parseCertificateRequest(pem: string): CertificateRequest {
  const match = /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----([^-]+)-----END/.exec(pem);
  if (match?.[1] === undefined) throw new RangeError('it holds no PEM of a certificate request');
  const [request] = readElements(Buffer.from(match[1], 'base64'));
  const [info] = children(request);
  // Version, subject, key, attributes.
  const [, subject, , attributes] = children(info);
  const names = children(attributes).flatMap(alternativeNames);
  const texts = (tag: number): string[] =>
    names.filter((name) => name.tag === tag).map(({ content }) => content.toString('latin1'));
  return {
    subject: readName(subject),
    dnsNames: texts(0x82),
    emailAddresses: texts(0x81),
    uris: texts(0x86),
    ipAddresses: names.filter(({ tag }) => tag === 0x87).map(({ content }) => addressText(content)),
  };
}

function children(element: DerElement | undefined): DerElement[] {
  return element === undefined ? [] : readElements(element.content);
}

function identifier(element: DerElement | undefined): string {
  return element?.tag === 0x06 ? readObjectIdentifier(element.content) : '';
}

function readName(name: DerElement | undefined): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const attribute of children(name).flatMap(children)) {
    const [kind, value] = children(attribute);
    if (value === undefined) continue;
    const known = values.get(identifier(kind)) ?? [];
    values.set(identifier(kind), [...known, readText(value)]);
  }
  return values;
}

/** Those of an attribute of the request, where it is the one with extensions. */
function alternativeNames(attribute: DerElement): DerElement[] {
  const [kind, values] = children(attribute);
  if (identifier(kind) !== extensionRequest) return [];
  const extensions = children(values).flatMap(children).map(children);
  const own = extensions.find(([of]) => identifier(of) === subjectAltName)?.at(-1);
  return children(own).flatMap(children);
}

function addressText(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) throw new RangeError(`an IP address of ${bytes.length} bytes`);
  return ipv6Text(bytes);
}
