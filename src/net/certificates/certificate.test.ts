import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { test } from 'node:test';
import { connect, createServer } from 'node:tls';
import { issueCertificate, newKey } from './certificate.ts';

const notBefore = new Date('2026-01-01T00:00:00Z');
const notAfter = new Date('2055-06-01T12:34:56Z');

function makeCa() {
  const key = newKey();
  const pem = issueCertificate({
    subject: { commonName: 'test-ca' },
    key,
    signingKey: key,
    notBefore,
    notAfter,
    use: 'ca',
  });
  return { key, pem, cert: new X509Certificate(pem) };
}

test('a CA certificate is self-signed, may sign, and lasts beyond 2049', () => {
  const { cert } = makeCa();
  assert.equal(cert.ca, true);
  assert.equal(cert.verify(cert.publicKey), true);
  assert.equal(cert.checkIssued(cert), true);
  assert.equal(new Date(cert.validTo).toISOString(), '2055-06-01T12:34:56.000Z');
  assert.equal(new Date(cert.validFrom).toISOString(), '2026-01-01T00:00:00.000Z');
});

test('names and addresses of a serving certificate are matched by node:crypto', () => {
  const ca = makeCa();
  const key = newKey();
  const pem = issueCertificate({
    subject: { commonName: 'kube-apiserver', organizations: ['Örg, one', 'two'] },
    key,
    issuer: ca.cert,
    signingKey: ca.key,
    notBefore,
    notAfter,
    use: 'server',
    dnsNames: ['localhost', 'kubernetes.default.svc'],
    ipAddresses: ['127.0.0.1', '10.96.0.1', '::1', 'fe80::12:0:34', '2001:db8:1:2:3:4:5:ffff', '::ffff:1.2.3.4'],
  });
  const cert = new X509Certificate(pem);
  assert.equal(cert.verify(ca.cert.publicKey), true);
  assert.equal(cert.checkIssued(ca.cert), true);
  assert.equal(cert.ca, false);
  assert.match(cert.subject, /O=Örg/);
  for (const name of ['localhost', 'kubernetes.default.svc']) assert.ok(cert.checkHost(name), name);
  for (const address of [
    '127.0.0.1',
    '10.96.0.1',
    '::1',
    'fe80::12:0:34',
    '2001:db8:1:2:3:4:5:ffff',
    '::ffff:1.2.3.4',
  ]) {
    assert.ok(cert.checkIP(address), address);
  }
  assert.equal(cert.checkIP('127.0.0.2'), undefined);
  assert.equal(cert.keyUsage?.join(), '1.3.6.1.5.5.7.3.1');
});

test('TLS accepts server and client certificates of the same CA, and only for their use', async () => {
  const ca = makeCa();
  const leaf = (use: 'server' | 'client') => {
    const key = newKey();
    const cert = issueCertificate({
      subject: { commonName: 'alice', organizations: ['dev', 'ops'] },
      key,
      issuer: ca.cert,
      signingKey: ca.key,
      notBefore,
      notAfter,
      use,
      ipAddresses: ['127.0.0.1'],
    });
    return { cert, key: key.export({ type: 'pkcs8', format: 'pem' }).toString() };
  };
  const server = createServer({ ...leaf('server'), ca: ca.pem, requestCert: true, rejectUnauthorized: false });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const seen = async (credentials: { cert: string; key: string }) => {
    const accepted = once(server, 'secureConnection');
    const socket = connect({ host: '127.0.0.1', port: address.port, ca: ca.pem, ...credentials });
    const [peer] = await accepted;
    const facts = { authorized: peer.authorized, subject: { ...peer.getPeerCertificate().subject } };
    socket.destroy();
    return facts;
  };
  try {
    assert.deepEqual(await seen(leaf('client')), { authorized: true, subject: { O: ['dev', 'ops'], CN: 'alice' } });
    assert.equal((await seen(leaf('server'))).authorized, false);
  } finally {
    server.close();
  }
});
