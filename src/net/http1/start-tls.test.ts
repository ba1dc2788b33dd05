import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import type { TlsOptions } from 'node:tls';
import { createServer } from 'node:tls';
import { promisify } from 'node:util';
import { testCertificate } from '../../../test/certificate.ts';
import { issueCertificate, newKey } from '../certificates/certificate.ts';
import { openUpstreamPool } from './pool.ts';
import type { UpstreamEndpoint } from './upstream.ts';

/** In the place of the system's authorities, which are read once. */
const systemCertificate = testCertificate();
const scratch = await mkdtemp(join(tmpdir(), 'fairlead-tls-'));
after(() => rm(scratch, { recursive: true }));
await writeFile(join(scratch, 'system.crt'), systemCertificate.ca);
process.env.SSL_CERT_FILE = join(scratch, 'system.crt');

const run = promisify(execFile);
const hour = 3_600_000;
const valid = { notBefore: new Date(Date.now() - hour), notAfter: new Date(Date.now() + hour) };

/** A root, an intermediate authority, and a server's certificate of that one. */
function chain(names: { dnsNames?: string[]; ipAddresses?: string[] } = { ipAddresses: ['127.0.0.1'] }) {
  const [rootKey, middleKey, leafKey] = [newKey(), newKey(), newKey()];
  const root = issueCertificate({
    subject: { commonName: 'root' },
    key: rootKey,
    signingKey: rootKey,
    use: 'ca',
    ...valid,
  });
  const middle = issueCertificate({
    subject: { commonName: 'middle' },
    key: middleKey,
    issuer: new X509Certificate(root),
    signingKey: rootKey,
    use: 'ca',
    ...valid,
  });
  const leaf = issueCertificate({
    subject: { commonName: 'localhost' },
    key: leafKey,
    issuer: new X509Certificate(middle),
    signingKey: middleKey,
    use: 'server',
    ...names,
    ...valid,
  });
  return { root, middle, leaf, key: leafKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

/** What a server with these options answers, and which name the client had indicated. */
async function ask(options: TlsOptions, tls: UpstreamEndpoint['tls'] & object, host = '127.0.0.1') {
  let indicated: string | false | null = null;
  const server = createServer(options, (socket) => {
    indicated = socket.servername;
    socket.on('error', () => {});
    socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
  });
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await using pool = openUpstreamPool();
    const { port } = server.address() as AddressInfo;
    // Names of tests lead nowhere.
    const dial = { key: 'loopback', open: () => Promise.resolve(connect(port, '127.0.0.1')) };
    const endpoint = { host, port, tls, ...(host !== '127.0.0.1' && { dial }) };
    const request = { method: 'GET', target: '/', headers: [], signal: new AbortController().signal };
    return { answer: await text((await pool.request(endpoint, request)).body), indicated };
  } finally {
    server.close();
    await once(server, 'close');
  }
}

test('each certificate of the configuration is an anchor: an intermediate authority, and the server itself', async () => {
  const { root, middle, leaf, key } = chain();
  const whole = { cert: leaf + middle, key };
  assert.equal((await ask(whole, { ca: root })).answer, 'ok');
  assert.equal((await ask(whole, { ca: middle })).answer, 'ok');
  assert.equal((await ask({ cert: leaf, key }, { ca: middle })).answer, 'ok');
  assert.equal((await ask({ cert: leaf, key }, { ca: leaf })).answer, 'ok');
  await assert.rejects(ask({ cert: leaf, key }, { ca: root }), /the certificate is not signed by the certificate auth/);
  await assert.rejects(ask(whole, { ca: chain().middle }), /the certificate is not signed by the certificate auth/);
});

test('without an authority the system has the say, whose own are read', async () => {
  assert.equal((await ask(systemCertificate, {})).answer, 'ok');
  await assert.rejects(
    ask(testCertificate(), {}),
    (error: Error) =>
      /the certificate is not signed by an authority that this system trusts$/.test(error.message) &&
      !/Node/.test(error.message),
  );
  const { ca, ...serving } = testCertificate();
  assert.equal((await ask(serving, { ca })).answer, 'ok');
  await assert.rejects(ask(systemCertificate, { ca }), /of this configuration/);
});

test('what no authority may sign, or a server show, is not fit, whatever OpenSSL calls it', async () => {
  const { leaf, key } = chain({ dnsNames: ['localhost'] });
  const [user, signed] = (['client', 'server'] as const).map((use) =>
    issueCertificate({
      subject: { commonName: use },
      key: createPrivateKey(key),
      issuer: new X509Certificate(leaf),
      signingKey: createPrivateKey(key),
      use,
      dnsNames: ['localhost'],
      ...valid,
    }),
  );
  for (const [cert, ca] of [
    [signed, leaf],
    [user, user],
  ]) {
    await assert.rejects(
      ask({ cert: cert ?? '', key }, { ca: ca ?? '', serverName: 'localhost' }),
      /: the certificate is not fit for this, or one that signed it is not \([a-z ]+\)$/i,
    );
  }
});

test("Node's own authorities count only where the system has none, those that are named for Node always", async () => {
  const extra = testCertificate().ca;
  await writeFile(join(scratch, 'extra.crt'), extra);
  const trusted = async (system: string): Promise<string[]> => {
    const program = `
      import { systemAuthorities } from ${JSON.stringify(new URL('start-tls.ts', import.meta.url))};
      console.log(systemAuthorities().map((pem) => pem.trim()).join('\\n\\n'));`;
    const env = {
      ...process.env,
      SSL_CERT_FILE: join(scratch, system),
      SSL_CERT_DIR: join(scratch, 'none'),
      NODE_EXTRA_CA_CERTS: join(scratch, 'extra.crt'),
    };
    const { stdout } = await run(process.execPath, ['--input-type=module-typescript', '--eval', program], { env });
    return stdout.trim().split('\n\n');
  };
  await mkdir(join(scratch, 'none'), { recursive: true });
  assert.deepEqual(await trusted('system.crt'), [systemCertificate.ca.trim(), extra.trim()]);
  const withNodes = await trusted('missing.crt');
  assert.ok(withNodes.includes(extra.trim()) && withNodes.length > 50, String(withNodes.length));
});

test('the dot of the root is no part of a name, and brackets none of an address', async () => {
  const { ca, ...serving } = testCertificate(['localhost', 'api.internal']);
  assert.deepEqual(await ask(serving, { ca, serverName: 'api.internal.' }), {
    answer: 'ok',
    indicated: 'api.internal',
  });
  assert.deepEqual(await ask(serving, { ca }, 'api.internal.'), { answer: 'ok', indicated: 'api.internal' });
  assert.deepEqual(await ask(serving, { ca, serverName: '[127.0.0.1]' }), { answer: 'ok', indicated: false });
  const six = chain({ ipAddresses: ['::1'] });
  assert.equal((await ask({ cert: six.leaf, key: six.key }, { ca: six.middle, serverName: '[::1]' })).answer, 'ok');
});

test('a common name stands for no name of a host', async () => {
  const none = chain({});
  await assert.rejects(
    ask({ cert: none.leaf, key: none.key }, { ca: none.middle, serverName: 'localhost' }),
    /the certificate names no host or address/,
  );
  const addressOnly = chain();
  await assert.rejects(
    ask({ cert: addressOnly.leaf, key: addressOnly.key }, { ca: addressOnly.middle, serverName: 'localhost' }),
    /the certificate is for other names than localhost$/,
  );
  assert.equal((await ask({ cert: none.leaf, key: none.key }, { insecureSkipVerify: true })).answer, 'ok');
});

test('a star in a certificate stands for the whole first label, and for nothing else', async () => {
  const dnsNames = ['*.local', '*.Apps.example.com', 'k*.example.com', 'api.*.example.com', 'a_b.example.com', '*'];
  const { leaf, middle, key } = chain({ dnsNames });
  const answer = async (serverName: string): Promise<string> => {
    try {
      return (await ask({ cert: leaf, key }, { ca: middle, serverName })).answer;
    } catch (error) {
      return error instanceof Error && error.message.endsWith(`the certificate is for other names than ${serverName}`)
        ? 'other names'
        : String(error);
    }
  };
  for (const name of ['x.local', 'X.LOCAL', 'api.apps.example.com', 'a_b.example.com']) {
    assert.equal(await answer(name), 'ok', name);
  }
  for (const name of ['kx.example.com', 'api.x.example.com', 'y.x.local', 'local', 'apps.example.com', 'localhost']) {
    assert.equal(await answer(name), 'other names', name);
  }
});

test('a name with marks in it is one name', async () => {
  const { leaf, middle, key } = chain({ dnsNames: ['a", DNS:localhost', 'b, DNS:localhost, DNS:"c'] });
  await assert.rejects(
    ask({ cert: leaf, key }, { ca: middle, serverName: 'localhost' }),
    /other names than localhost$/,
  );
});
