import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCertificateRequest } from './certificate-request.ts';

/** Made by OpenSSL. */
const pem = `-----BEGIN CERTIFICATE REQUEST-----
MIIByzCCAXACAQAwgZkxCzAJBgNVBAYTAkRFMQ0wCwYDVQQHDARUb3duMQ0wCwYD
VQQIDARMYW5kMQ8wDQYDVQQJDAZSb2FkIDExDjAMBgNVBBEMBTEyMzQ1MQ4wDAYD
VQQKDAVmaXJzdDEPMA0GA1UECgwGc2Vjb25kMQ0wCwYDVQQLDAR1bml0MQswCQYD
VQQFEwI3NzEOMAwGA1UEAwwFasOkbmUwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AAT0DmY+Gm9pz+QWEFLj8gbJUHObqCyoP4zUEMtCuyjX5tpMUz+dJdm+sxZ0qyZR
Cd+ogERn8qdMI+Mfj3eZHkw3oHQwcgYJKoZIhvcNAQkOMWUwYzBUBgNVHREETTBL
gglhLmV4YW1wbGWCCWIuZXhhbXBsZYcECgAAAYcQIAENuAAAAAAAAAAAAAAAAYEN
akBleGFtcGxlLmNvbYYMc3BpZmZlOi8vYS9iMAsGA1UdDwQEAwIHgDAKBggqhkjO
PQQDAgNJADBGAiEA9RXnFllDSyLtWtXNCu4ObWDAe9ecgZzQj1EXrAG13foCIQDu
Fon1P/493t6Rk4j6RlwCUMMxjO5Rjizb/yQ4gNEwEg==
-----END CERTIFICATE REQUEST-----
`;

test('a request is read: subject and alternative names', () => {
  const { subject, ...names } = parseCertificateRequest(pem);
  assert.deepEqual(subject.get('2.5.4.3'), ['jäne']);
  assert.deepEqual(subject.get('2.5.4.10'), ['first', 'second']);
  assert.deepEqual(subject.get('2.5.4.6'), ['DE']);
  assert.deepEqual(names, {
    dnsNames: ['a.example', 'b.example'],
    emailAddresses: ['j@example.com'],
    uris: ['spiffe://a/b'],
    ipAddresses: ['10.0.0.1', '2001:db8::1'],
  });
});

test('what is cut off, changed or no request is refused as such, or read; nothing else happens', () => {
  assert.throws(() => parseCertificateRequest('nothing'), RangeError);
  const label = 'CERTIFICATE REQUEST-----';
  const der = Buffer.from(pem.split('-----')[2] ?? '', 'base64');
  const tryIt = (bytes: Buffer): void => {
    try {
      parseCertificateRequest(`-----BEGIN ${label}\n${bytes.toString('base64')}\n-----END ${label}\n`);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  };
  for (let length = 1; length < der.length; length++) tryIt(der.subarray(0, length));
  for (let at = 0; at < der.length; at++) {
    for (const value of [0, 0x7f, 0x80, 0xff]) {
      const changed = Buffer.from(der);
      changed[at] = value;
      tryIt(changed);
    }
  }
});
