/** An authority and a certificate of it for 127.0.0.1 and some names, for servers of tests and benches. */
import { X509Certificate } from 'node:crypto';
import { issueCertificate, newKey } from '../src/net/certificates/certificate.ts';

export interface TestCertificate {
  ca: string;
  cert: string;
  key: string;
}

const hour = 3_600_000;

/** Valid for an hour, or from and until so many milliseconds from now. */
export function testCertificate(
  names: readonly string[] = ['localhost'],
  { from = -60_000, until = hour }: { from?: number; until?: number } = {},
): TestCertificate {
  const signingKey = newKey();
  const key = newKey();
  const valid = { notBefore: new Date(Date.now() + from), notAfter: new Date(Date.now() + until) };
  const ca = issueCertificate({
    subject: { commonName: 'test-ca' },
    key: signingKey,
    signingKey,
    use: 'ca',
    notBefore: new Date(Date.now() - 48 * hour),
    notAfter: new Date(Date.now() + 48 * hour),
  });
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
