import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { testCertificate } from '../../test/certificate.ts';
import { listening } from '../../test/proxy-servers.ts';
import { ConfigError } from './client-config.ts';
import { CredentialError } from './credentials.ts';
import { loadKubeconfig } from './kubeconfig.ts';
import type { LoginUpdate } from './oidc-credentials.ts';
import { answerJson, scriptedServer } from './scripted-server.ts';

let directory = '';
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairlead-oidc-'));
});
after(() => rm(directory, { recursive: true }));

const signal = new AbortController().signal;

function idToken(secondsLeft: number, mark = ''): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part({ exp: Math.floor(Date.now() / 1000) + secondsLeft, mark })}.signature`;
}

interface TokenRequest {
  form: Record<string, string>;
  headers: IncomingHttpHeaders;
}

/** An issuer whose token endpoint answers as the test says. */
async function issuer(answer: (count: number) => { code: number; body: unknown }, metadata: object = {}) {
  const asked: TokenRequest[] = [];
  const server = await scriptedServer((request, response, body) => {
    const base = `http://${request.headers.host}`;
    if (request.url === '/realm/.well-known/openid-configuration') {
      answerJson(response, 200, { token_endpoint: `${base}/token?x=1`, ...metadata });
      return;
    }
    asked.push({ form: Object.fromEntries(new URLSearchParams(body)), headers: request.headers });
    const { code, body: said } = answer(asked.length);
    answerJson(response, code, said);
  });
  return { server, asked, url: `${server.config.server}/realm/` };
}

async function load(config: object, provider: object = {}, saveLogin?: (update: LoginUpdate) => Promise<void>) {
  const path = join(directory, 'config');
  const user = { 'auth-provider': { name: 'oidc', config, ...provider } };
  const document = {
    'current-context': 'one',
    clusters: [{ name: 'c', cluster: { server: 'https://one' } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'one', context: { cluster: 'c', user: 'u' } }],
  };
  await writeFile(path, JSON.stringify(document));
  return loadKubeconfig({ path, env: {}, ...(saveLogin && { saveLogin }) });
}

async function credentials(config: object, saveLogin?: (update: LoginUpdate) => Promise<void>) {
  const source = (await load({ 'client-id': 'me', ...config }, {}, saveLogin)).credentials;
  assert.ok(source !== undefined);
  return source;
}

test('a token that is good is used as it is; an expired one is renewed once for all, and kept', async () => {
  const renewed = idToken(600);
  const { server, asked, url } = await issuer(() => ({ code: 200, body: { id_token: renewed, refresh_token: 'r2' } }));
  await using _ = server;
  const good = idToken(600, 'good');
  const unneeded = await credentials({ 'idp-issuer-url': url, 'id-token': good });
  assert.deepEqual(unneeded.current(signal), { authorization: `Bearer ${good}` });
  assert.equal(await unneeded.renew(await unneeded.current(signal), signal), false);
  assert.deepEqual(server.requests, []);

  const saved: LoginUpdate[] = [];
  const source = await credentials(
    { 'idp-issuer-url': url, 'id-token': idToken(5), 'refresh-token': 'r1', 'client-secret': 'a b:c' },
    async (update) => void saved.push(update),
  );
  assert.equal(source.atHand?.(), undefined);
  assert.deepEqual(server.requests, []);
  const all = await Promise.all([source.current(signal), source.current(signal)]);
  assert.deepEqual(all[0], { authorization: `Bearer ${renewed}` });
  assert.equal(source.atHand?.(), all[1]);
  assert.equal(source.current(signal), all[1]);
  assert.deepEqual(
    asked.map(({ form, headers }) => [form, headers.authorization]),
    [[{ grant_type: 'refresh_token', refresh_token: 'r1' }, `Basic ${Buffer.from('me:a+b%3Ac').toString('base64')}`]],
  );
  assert.deepEqual(saved, [
    { kubeconfig: join(directory, 'config'), user: 'u', settings: { 'id-token': renewed, 'refresh-token': 'r2' } },
  ]);
  assert.deepEqual(server.requests, ['GET /realm/.well-known/openid-configuration', 'POST /token?x=1']);
});

test('a token that is refused is renewed once; the secret goes into the form where the issuer wants that', async () => {
  const { server, asked, url } = await issuer(() => ({ code: 200, body: { id_token: idToken(600, 'new') } }), {
    token_endpoint_auth_methods_supported: ['client_secret_post'],
  });
  await using _ = server;
  const source = await credentials({
    'idp-issuer-url': url,
    'id-token': idToken(600),
    'refresh-token': 'r1',
    'client-secret': 's',
  });
  const first = await source.current(signal);
  assert.equal(await source.renew(first, signal), true);
  const second = await source.current(signal);
  assert.notEqual(second, first);
  assert.equal(await source.renew(first, signal), true);
  assert.equal(await source.renew(second, signal), false);
  assert.deepEqual(
    asked.map(({ form, headers }) => [form, headers.authorization]),
    [[{ grant_type: 'refresh_token', refresh_token: 'r1', client_id: 'me', client_secret: 's' }, undefined]],
  );
});

test('a token that is refused when it is no longer new is renewed again', async (t) => {
  let now = performance.now();
  t.mock.method(performance, 'now', () => now);
  const { server, asked, url } = await issuer((count) => ({ code: 200, body: { id_token: idToken(600, `${count}`) } }));
  await using _ = server;
  const source = await credentials({ 'idp-issuer-url': url, 'id-token': idToken(600), 'refresh-token': 'r1' });
  for (const count of [1, 2, 3]) {
    const refused = await source.current(signal);
    assert.equal(await source.renew(refused, signal), true);
    const next = await source.current(signal);
    assert.notEqual(next, refused);
    assert.equal(await source.renew(next, signal), false);
    assert.equal(asked.length, count);
    now += 31_000;
  }
});

test('logins that cannot be renewed give one sentence without secrets', async () => {
  const cases: [config: object, answer: { code: number; body: unknown }, metadata: object, RegExp][] = [
    [
      {},
      { code: 400, body: { error: 'invalid_grant', error_description: 's3cret' } },
      {},
      /\(400, invalid_grant\): log in/,
    ],
    [{}, { code: 500, body: 's3cret' }, {}, /could not renew the login \(500\), which may pass: try again/],
    [{}, { code: 200, body: { access_token: 's3cret' } }, {}, /without an id_token/],
    [
      {},
      { code: 200, body: {} },
      { token_endpoint: 'http://elsewhere.example/token' },
      /no token endpoint with an https/,
    ],
    [{}, { code: 200, body: {} }, { token_endpoint: 'http://127.0.0.1:1/token' }, /ECONNREFUSED/],
    [{ 'refresh-token': '' }, { code: 200, body: {} }, {}, /no refresh-token: log in again/],
  ];
  for (const [config, answer, metadata, expected] of cases) {
    const { server, url } = await issuer(() => answer, metadata);
    await using _ = server;
    const source = await credentials({
      'idp-issuer-url': url,
      'id-token': 'no.such.s3cret',
      'refresh-token': 's3cret',
      ...config,
    });
    await assert.rejects(
      async () => source.current(signal),
      (error) => {
        assert.ok(error instanceof CredentialError, String(error));
        assert.match(error.message, expected);
        assert.match(
          error.message,
          /^No credentials for user "u" \(used by context "one"\) in .*config by OpenID Connect/,
        );
        assert.doesNotMatch(error.message, /s3cret/);
        return true;
      },
    );
  }
});

test('of the authorities of an issuer, those that cannot be read are left out', async () => {
  const { ca, ...serving } = testCertificate();
  const token = idToken(600);
  const server = createHttpsServer(serving, (request, response) => {
    answerJson(response, 200, { token_endpoint: `https://${request.headers.host}/token`, id_token: token });
  });
  await using issuing = await listening(server);
  const authorities = `-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n${ca}`;
  const path = join(directory, 'issuer.crt');
  await writeFile(path, authorities);
  for (const trust of [
    { 'idp-certificate-authority': path },
    { 'idp-certificate-authority-data': Buffer.from(authorities).toString('base64') },
  ]) {
    const url = `https://127.0.0.1:${issuing.port}`;
    const source = await credentials({ 'idp-issuer-url': url, 'refresh-token': 'r', ...trust }, async () => {});
    assert.deepEqual(await source.current(signal), { authorization: `Bearer ${token}` });
  }
});

test('other providers, and settings that cannot work, are refused by name with what to use instead', async () => {
  const unreadable = Buffer.from('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
  const issuerUrl = { 'idp-issuer-url': 'https://issuer.example' };
  const cases: [config: object, provider: object, RegExp][] = [
    [{}, { name: 'gcp' }, /auth-provider "gcp" is not supported.*gke-gcloud-auth-plugin/],
    [{}, { name: 'azure' }, /auth-provider "azure" is not supported.*kubelogin/],
    [{}, { name: 'constructor' }, /auth-provider "constructor" is not supported.*use an "exec" entry/],
    [{}, { name: null }, /has no name/],
    [{}, {}, /idp-issuer-url" must be an https URL/],
    [{ 'idp-issuer-url': 'http://issuer.example' }, {}, /idp-issuer-url" must be an https URL/],
    [issuerUrl, {}, /no client-id/],
    [{ ...issuerUrl, 'client-id': 7 }, {}, /"auth-provider\.config\.client-id" must be a text/],
    [
      { ...issuerUrl, 'client-id': 'c', 'idp-certificate-authority': 'none.pem' },
      {},
      /leads to no PEM text: .*none\.pem does not exist/,
    ],
    [
      { ...issuerUrl, 'client-id': 'c', 'idp-certificate-authority': '/dev/zero' },
      {},
      /leads to no PEM text: .*zero is/,
    ],
    [
      { ...issuerUrl, 'client-id': 'c', 'idp-certificate-authority-data': unreadable.toString('base64') },
      {},
      /idp-certificate-authority-data" holds no certificate that can be read/,
    ],
    [{}, { config: [] }, /"auth-provider\.config" must be a mapping/],
  ];
  for (const [config, provider, expected] of cases) {
    await assert.rejects(load(config, provider), (error) => {
      assert.ok(error instanceof ConfigError && expected.test(error.message), String(error));
      return true;
    });
  }
});
