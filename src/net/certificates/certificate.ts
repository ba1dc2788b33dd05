/**
 * Issues X.509 v3 certificates (RFC 5280) with ECDSA P-256 keys.
 *
 * Written here rather than taken from @peculiar/x509: that costs about 100 ms and 15 MB at the first start, where the whole
 * cluster may take 500 ms, while this writer makes all of a cluster's certificates in a few milliseconds. Nothing is
 * parsed here: reading and verifying certificates is node:crypto's work.
 */
import type { KeyObject } from 'node:crypto';
import { createHash, createPublicKey, generateKeyPairSync, randomBytes, sign, type X509Certificate } from 'node:crypto';
import { isIPv4 } from 'node:net';
import { ipv6Bytes } from '../ipv6.ts';
import {
  bitString,
  boolean,
  element,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  set,
  time,
  utf8String,
} from './der.ts';

export interface Subject {
  commonName: string;
  organizations?: readonly string[];
}

export interface CertificateRequest {
  subject: Subject;
  /** The subject's key; of a private one only its public half is used. */
  key: KeyObject;
  /** Absent: self-signed, by `signingKey`. */
  issuer?: X509Certificate;
  signingKey: KeyObject;
  notBefore: Date;
  notAfter: Date;
  use: 'ca' | 'server' | 'client';
  dnsNames?: readonly string[];
  ipAddresses?: readonly string[];
}

const ecdsaWithSha256 = sequence(objectIdentifier('1.2.840.10045.4.3.2'));

export function newKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

/** The certificate as PEM, ending in a newline. */
export function issueCertificate(request: CertificateRequest): string {
  const name = encodeName(request.subject);
  const publicKey = request.key.type === 'private' ? createPublicKey(request.key) : request.key;
  const publicKeyInfo = publicKey.export({ type: 'spki', format: 'der' });
  const issuerKeyInfo = request.issuer?.publicKey.export({ type: 'spki', format: 'der' }) ?? publicKeyInfo;
  const toBeSigned = sequence(
    element(0xa0, integer(Buffer.from([2]))),
    integer(newSerialNumber()),
    ecdsaWithSha256,
    request.issuer === undefined ? name : subjectOf(request.issuer),
    sequence(time(request.notBefore), time(request.notAfter)),
    name,
    publicKeyInfo,
    element(0xa3, sequence(...extensions(request, publicKeyInfo, issuerKeyInfo))),
  );
  const signature = sign('sha256', toBeSigned, request.signingKey);
  const der = sequence(toBeSigned, ecdsaWithSha256, bitString(signature));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

/** 128 random bits; the first one zero and the second one set keep it positive and of one length. */
function newSerialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes;
}

function encodeName({ commonName, organizations = [] }: Subject): Buffer {
  const attribute = (oid: string, value: string) => set(sequence(objectIdentifier(oid), utf8String(value)));
  return sequence(...organizations.map((value) => attribute('2.5.4.10', value)), attribute('2.5.4.3', commonName));
}

/** The issuer's subject as node:crypto prints it, encoded as `encodeName` did: issuers are always our own. */
function subjectOf(issuer: X509Certificate): Buffer {
  const subject: unknown = issuer.toLegacyObject().subject;
  const field = (key: 'O' | 'CN'): string[] => {
    const value: unknown = typeof subject === 'object' && subject !== null ? Reflect.get(subject, key) : undefined;
    return Array.isArray(value) ? value.map(String) : value === undefined ? [] : [String(value)];
  };
  return encodeName({ commonName: field('CN')[0] ?? '', organizations: field('O') });
}

function extensions(request: CertificateRequest, publicKeyInfo: Buffer, issuerKeyInfo: Buffer): Buffer[] {
  const isCa = request.use === 'ca';
  const list = [
    // keyCertSign, cRLSign and digitalSignature for the CA, digitalSignature alone for the others.
    extension('2.5.29.15', true, isCa ? bitString(Buffer.from([0x86]), 1) : bitString(Buffer.from([0x80]), 7)),
    extension('2.5.29.19', true, isCa ? sequence(boolean(true)) : sequence()),
    extension('2.5.29.14', false, octetString(keyIdentifier(publicKeyInfo))),
    extension('2.5.29.35', false, sequence(element(0x80, keyIdentifier(issuerKeyInfo)))),
  ];
  if (!isCa) {
    const purpose = request.use === 'server' ? '1.3.6.1.5.5.7.3.1' : '1.3.6.1.5.5.7.3.2';
    list.push(extension('2.5.29.37', false, sequence(objectIdentifier(purpose))));
  }
  const names = [
    ...(request.dnsNames ?? []).map((name) => element(0x82, Buffer.from(name, 'latin1'))),
    ...(request.ipAddresses ?? []).map((address) => element(0x87, addressBytes(address))),
  ];
  if (names.length > 0) list.push(extension('2.5.29.17', false, sequence(...names)));
  return list;
}

function extension(oid: string, critical: boolean, value: Buffer): Buffer {
  return sequence(objectIdentifier(oid), ...(critical ? [boolean(true)] : []), octetString(value));
}

/** RFC 7093: the first 160 bits of the key's SHA-256. */
function keyIdentifier(publicKeyInfo: Buffer): Buffer {
  return createHash('sha256').update(publicKeyInfo).digest().subarray(0, 20);
}

/** Throws on what is no address. */
function addressBytes(address: string): Buffer {
  return Buffer.from(isIPv4(address) ? address.split('.').map(Number) : ipv6Bytes(address));
}
