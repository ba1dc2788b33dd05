import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { chmod, cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { newKey } from '../../net/certificates/certificate.ts';
import { exportKey } from './certificate-authority.ts';
import { ensureCertificates } from './ensure-certificates.ts';

let root = '';
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'fairlead-pki-'));
});
after(() => rm(root, { recursive: true, force: true }));

const at = (text: string) => ({ now: () => new Date(text) });

test('a new directory gets every file, keys and directory closed to others', async () => {
  const directory = join(root, 'new', 'pki');
  const pki = await ensureCertificates(directory);
  assert.equal((await stat(directory)).mode & 0o777, 0o700);
  const names = await readdir(directory);
  assert.deepEqual(
    names.filter((name) => name.endsWith('.new')),
    [],
  );
  for (const name of names.filter((one) => one.endsWith('.key'))) {
    assert.equal((await stat(join(directory, name))).mode & 0o777, 0o600, name);
  }
  const ca = new X509Certificate(pki.ca);
  const serving = new X509Certificate(pki.serving.cert);
  assert.ok(serving.verify(ca.publicKey));
  for (const name of ['localhost', 'kubernetes', 'kubernetes.default.svc.cluster.local'])
    assert.ok(serving.checkHost(name));
  for (const address of ['127.0.0.1', '::1', '10.96.0.1']) assert.ok(serving.checkIP(address));
  assert.equal(new X509Certificate(pki.admin.cert).subject, 'O=system:masters\nCN=fairlead-admin');
});

test('a second start changes nothing; a node keeps its certificates too', async () => {
  const directory = join(root, 'second');
  const first = await ensureCertificates(directory);
  const node = await first.node('n1', ['127.0.0.1']);
  const second = await ensureCertificates(directory);
  assert.equal(second.ca, first.ca);
  assert.deepEqual(second.serving, first.serving);
  assert.ok(second.serviceAccountKey.equals(first.serviceAccountKey));
  assert.deepEqual(await second.node('n1', ['127.0.0.1']), node);
  assert.notEqual((await second.node('n1', ['127.0.0.1', '127.9.0.1'])).serving.cert, node.serving.cert);
  assert.equal(new X509Certificate(node.client.cert).subject, 'O=system:nodes\nCN=system:node:n1');
});

test('a further server address is added at the next start, with the same key', async () => {
  const directory = join(root, 'address');
  const first = await ensureCertificates(directory);
  const second = await ensureCertificates(directory, { serverAddresses: ['192.0.2.7'], serverNames: ['box.example'] });
  assert.ok(new X509Certificate(second.serving.cert).checkIP('192.0.2.7'));
  assert.equal(second.serving.key, first.serving.key);
});

test('what nears its end is renewed at start and while running, the CA with the same key', async () => {
  const directory = join(root, 'renew');
  let now = new Date('2026-01-01T00:00:00Z');
  const pki = await ensureCertificates(directory, { now: () => now });
  const first = pki.serving;
  let renewals = 0;
  pki.onRenewal(() => renewals++);
  await pki.renew();
  assert.equal(renewals, 0);
  now = new Date('2026-12-15T00:00:00Z');
  await pki.renew();
  assert.equal(renewals, 1);
  assert.equal(pki.serving.key, first.key);
  assert.ok(Date.parse(new X509Certificate(pki.serving.cert).validTo) > Date.parse('2027-12-01'));
  const later = await ensureCertificates(directory, at('2035-06-01T00:00:00Z'));
  const oldCa = new X509Certificate(pki.ca);
  assert.notEqual(later.ca, pki.ca);
  assert.ok(new X509Certificate(later.serving.cert).verify(oldCa.publicKey));
});

test('a crash between a key and its certificate is made good', async () => {
  const directory = join(root, 'crash');
  const first = await ensureCertificates(directory);
  await rm(join(directory, 'ca.crt'));
  await rm(join(directory, 'admin.crt'));
  const second = await ensureCertificates(directory);
  assert.ok(new X509Certificate(first.serving.cert).verify(new X509Certificate(second.ca).publicKey));
  assert.equal(second.admin.key, first.admin.key);
});

test('files that do not fit are named, with a way out, and left as they are', async () => {
  const good = join(root, 'good');
  await ensureCertificates(good);
  const foreign = exportKey(newKey());
  const cases: [string, (directory: string) => Promise<void>, RegExp][] = [
    ['no-ca-key', (d) => rm(join(d, 'ca.key')), /ca\.key is missing beside ca\.crt; put it back/],
    ['foreign-ca-key', (d) => writeFile(join(d, 'ca.key'), foreign), /ca\.crt does not belong to the key in ca\.key/],
    ['leaf-as-ca', (d) => cp(join(d, 'admin.crt'), join(d, 'ca.crt')), /ca\.crt is not a CA certificate/],
    ['garbage', (d) => writeFile(join(d, 'apiserver.crt'), 'x'), /apiserver\.crt is not a certificate in PEM/],
    ['foreign-key', (d) => writeFile(join(d, 'admin.key'), foreign), /admin\.crt does not belong to the key beside it/],
    ['empty-sa', (d) => writeFile(join(d, 'sa.key'), ''), /sa\.key is not an ECDSA P-256 private key/],
    [
      'directory',
      async (d) => {
        await rm(join(d, 'sa.key'));
        await cp(good, join(d, 'sa.key'), { recursive: true });
      },
      /cannot read .*sa\.key \(EISDIR\)/,
    ],
  ];
  for (const [name, damage, message] of cases) {
    const directory = join(root, name);
    await cp(good, directory, { recursive: true });
    await damage(directory);
    const before = await readFile(join(directory, 'ca.crt'), 'utf8');
    await assert.rejects(ensureCertificates(directory), { name: 'PkiError', message }, name);
    assert.equal(await readFile(join(directory, 'ca.crt'), 'utf8'), before);
  }
});

test('keys open to others are closed', async () => {
  const directory = join(root, 'open');
  await ensureCertificates(directory);
  await chmod(join(directory, 'ca.key'), 0o644);
  await ensureCertificates(directory);
  assert.equal((await stat(join(directory, 'ca.key'))).mode & 0o777, 0o600);
});

test('without a directory everything is in memory', async () => {
  const pki = await ensureCertificates(undefined);
  assert.ok(new X509Certificate(pki.serving.cert).checkIP('127.0.0.1'));
});
