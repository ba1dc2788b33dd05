/** An authority and a certificate of it for 127.0.0.1 and some names, for servers of tests and benches. */
import { X509Certificate } from 'node:crypto';
import { issueCertificate, newKey } from '../src/net/certificates/certificate.ts';

export interface TestCertificate {
  ca: string;
  cert: string;
  key: string;
}

/** Valid for an hour. */
export function testCertificate(names: readonly string[] = ['localhost']): TestCertificate {
  const signingKey = newKey();
  const key = newKey();
  const valid = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) };
  const ca = issueCertificate({ subject: { commonName: 'test-ca' }, key: signingKey, signingKey, use: 'ca', ...valid });
  const cert = issueCertificate({
    subject: { commonName: names[0] ?? 'test' },
    issuer: new X509Certificate(ca),
    key,
    signingKey,
    use: 'server',
    dnsNames: names,
    ipAddresses: ['127.0.0.1'],
    ...valid,
  });
  return { ca, cert, key: key.export({ type: 'pkcs8', format: 'pem' }).toString() };
}
