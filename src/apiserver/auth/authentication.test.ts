import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ensureCertificates } from '../pki/ensure-certificates.ts';
import type { Ask, ControlPlane } from '../testing-control-plane.ts';
import { core, openControlPlane } from '../testing-control-plane.ts';
import { staticTokenAuthenticator } from './static-tokens.ts';

const whoAmI = '/apis/authentication.k8s.io/v1/selfsubjectreviews';

async function whoIs(cluster: ControlPlane, ask: Ask) {
  const { code, status } = await cluster.call(whoAmI, { body: {}, ...ask });
  if (code !== undefined) return code;
  const { username, groups, extra } = status.userInfo;
  return { username, groups, extra };
}

test('a client certificate of the cluster CA says who the user is and which groups he is in', async () => {
  await using cluster = await openControlPlane();
  const { client } = await cluster.pki.node('n1', ['127.0.0.1']);
  const user = await whoIs(cluster, { pair: client });
  assert.ok(typeof user === 'object');
  assert.deepEqual([user.username, user.groups], ['system:node:n1', ['system:nodes', 'system:authenticated']]);
  const [id] = user.extra['authentication.kubernetes.io/credential-id'];
  assert.match(id, /^X509SHA256=[0-9a-f]{64}$/);
  const admin = await whoIs(cluster, { pair: cluster.pki.admin });
  assert.ok(typeof admin === 'object' && admin.groups.includes('system:masters'));
});

test('the certificate for kubelets gives no rights here: a Node with the address of this server gains nothing', async () => {
  await using cluster = await openControlPlane();
  const { code, message } = await cluster.call('/api/v1/secrets', { pair: cluster.pki.kubeletClient });
  assert.equal(code, 403);
  assert.match(message, /User "kube-apiserver-kubelet-client" cannot list/);
});

test('a certificate of another CA, a serving certificate and an unknown token are 401, also where anybody may ask', async () => {
  await using cluster = await openControlPlane();
  const foreign = await ensureCertificates(undefined);
  assert.equal(await whoIs(cluster, { pair: foreign.admin }), 401);
  assert.equal(await whoIs(cluster, { pair: cluster.pki.serving }), 401);
  assert.equal(await whoIs(cluster, { token: 'nobody-knows' }), 401);
  const { code, message, reason } = await cluster.call('/version', { token: 'nobody-knows' });
  assert.deepEqual([code, message, reason], [401, 'Unauthorized', 'Unauthorized']);
});

test('without credentials only health and version are answered', async () => {
  await using cluster = await openControlPlane();
  for (const path of ['/healthz', '/livez', '/readyz']) {
    assert.equal((await cluster.call(path, { token: null })).message, 'ok', path);
  }
  assert.equal((await cluster.call('/version', { token: null })).major, '1');
  for (const path of ['/api', '/apis', '/api/v1/namespaces', '/metrics', '/openapi/v2', '/version/x', '/']) {
    assert.equal((await cluster.call(path, { token: null })).code, 401, path);
  }
});

test('browsers bring the token of a WebSocket as a subprotocol', async () => {
  await using cluster = await openControlPlane();
  const encoded = Buffer.from('bob').toString('base64url');
  const headers = { 'sec-websocket-protocol': `v5.channel.k8s.io, base64url.bearer.authorization.k8s.io.${encoded}` };
  const user = await whoIs(cluster, { token: null, headers });
  assert.ok(typeof user === 'object' && user.username === 'bob');
});

test('static tokens in CSV form', async () => {
  const csv = 'secret-1,alice,uid-1,"devs, ops"\n\n"quo""ted",bob,uid-2\n';
  const authenticate = staticTokenAuthenticator(csv, 'tokens.csv');
  assert.deepEqual(await authenticate({ bearerToken: 'secret-1' }), {
    name: 'alice',
    uid: 'uid-1',
    groups: ['devs', 'ops'],
  });
  assert.deepEqual(await authenticate({ bearerToken: 'quo"ted' }), { name: 'bob', uid: 'uid-2', groups: [] });
  assert.equal(await authenticate({ bearerToken: 'secret' }), undefined);
  assert.equal(await authenticate({}), undefined);
  const refused = (text: string, message: RegExp) =>
    assert.throws(() => staticTokenAuthenticator(text, 'tokens.csv'), { name: 'TokenFileError', message });
  refused('a,b,c\nx,y\n', /^tokens\.csv, line 2: a line needs at least token, user name and user id/);
  refused('a,b,c,d,e\n', /line 1: more than four columns/);
  refused('hush,b,c\nhush,d,e\n', /^tokens\.csv, line 2: this token stands on an earlier line already$/);
  refused('a,"b,c\n', /line 1: a quote is not closed/);
});

async function tokenFor(cluster: ControlPlane, spec: object = {}, account = 'default'): Promise<string> {
  const { status } = await cluster.post(`${core}/serviceaccounts/${account}/token`, { spec });
  return status.token;
}

test('a service account token speaks for the account until it expires', async () => {
  let now = new Date('2030-01-01T00:00:00Z');
  await using cluster = await openControlPlane({ now: () => now });
  const { metadata } = await cluster.call(`${core}/serviceaccounts/default`);
  // The server's own clock issues the token; the check goes by the clock given.
  now = new Date();
  const token = await tokenFor(cluster, { expirationSeconds: 600 });
  const { status } = await cluster.call(whoAmI, { body: {}, token });
  assert.deepEqual(
    [status.userInfo.username, status.userInfo.uid, status.userInfo.groups],
    [
      'system:serviceaccount:default:default',
      metadata.uid,
      ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
    ],
  );
  now = new Date(Date.now() + 640_000);
  assert.equal(await whoIs(cluster, { token }), 401);
});

test('a token is worth nothing when it was changed, is for others, or its account is a new one of the same name', async () => {
  await using cluster = await openControlPlane();
  const token = await tokenFor(cluster);
  const [head = '', body = '', signature = ''] = token.split('.');
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString());
  const forged = Buffer.from(JSON.stringify({ ...claims, sub: 'system:serviceaccount:kube-system:admin' })).toString(
    'base64url',
  );
  const none = Buffer.from('{"alg":"none"}').toString('base64url');
  for (const bad of [`${head}.${forged}.${signature}`, `${none}.${body}.`, `${head}.${body}.`, `${head}.${body}`]) {
    assert.equal(await whoIs(cluster, { token: bad }), 401);
  }
  assert.equal(await whoIs(cluster, { token: await tokenFor(cluster, { audiences: ['vault'] }) }), 401);
  await using other = await openControlPlane();
  assert.equal(await whoIs(other, { token }), 401);
  await cluster.call(`${core}/serviceaccounts/default`, { method: 'DELETE' });
  assert.equal(await whoIs(cluster, { token }), 401);
  await cluster.post(`${core}/serviceaccounts`, { metadata: { name: 'default' } });
  assert.equal(await whoIs(cluster, { token }), 401);
});

test('a token that is bound to a pod names it, and ends with it', async () => {
  await using cluster = await openControlPlane();
  await cluster.post('/api/v1/nodes', { metadata: { name: 'n1' } });
  const spec = { containers: [{ name: 'c', image: 'x' }], nodeName: 'n1' };
  const pod = await cluster.post(`${core}/pods`, { metadata: { name: 'p' }, spec });
  const boundObjectRef = { kind: 'Pod', apiVersion: 'v1', name: 'p', uid: pod.metadata.uid };
  const token = await tokenFor(cluster, { boundObjectRef, expirationSeconds: 3607 });
  const { status } = await cluster.call(whoAmI, { body: {}, token });
  assert.deepEqual(status.userInfo.extra['authentication.kubernetes.io/pod-name'], ['p']);
  assert.deepEqual(status.userInfo.extra['authentication.kubernetes.io/node-name'], ['n1']);
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
  assert.equal(claims.exp - claims.iat, 365 * 24 * 3600);
  assert.equal(claims['kubernetes.io'].warnafter - claims.iat, 3607);
  await cluster.call(`${core}/pods/p`, { method: 'DELETE', body: { gracePeriodSeconds: 0 } });
  assert.equal(await whoIs(cluster, { token }), 401);
});

test('requests for tokens are refused with a reason', async () => {
  await using cluster = await openControlPlane();
  const path = `${core}/serviceaccounts/default/token`;
  const short = await cluster.post(path, { spec: { expirationSeconds: 5 } });
  assert.match(
    short.message,
    /spec\.expirationSeconds: Invalid value: 5: may not specify a duration less than 10 minutes$/,
  );
  assert.equal(
    (await cluster.post(`${core}/serviceaccounts/nope/token`, {})).message,
    'serviceaccounts "nope" not found',
  );
  const bound = (ref: object) => cluster.post(path, { spec: { boundObjectRef: { apiVersion: 'v1', ...ref } } });
  assert.equal((await bound({ kind: 'Pod', name: 'nope' })).message, 'pods "nope" not found');
  assert.match((await bound({ kind: 'Job', name: 'x' })).message, /cannot bind token/);
  const spec = { containers: [{ name: 'c', image: 'x' }] };
  await cluster.post(`${core}/pods`, { metadata: { name: 'p' }, spec });
  assert.match(
    (await bound({ kind: 'Pod', name: 'p', uid: 'old' })).message,
    /the UID in the bound object reference \(old\) does not match/,
  );
});

test('token reviews', async () => {
  await using cluster = await openControlPlane();
  const path = '/apis/authentication.k8s.io/v1/tokenreviews';
  const review = async (spec: object) => (await cluster.post(path, { spec })).status;
  const token = await tokenFor(cluster, { audiences: ['vault'] });
  assert.equal((await review({ token })).authenticated, undefined);
  const good = await review({ token, audiences: ['vault', 'other'] });
  assert.deepEqual([good.authenticated, good.audiences], [true, ['vault']]);
  assert.equal((await review({ token: 'bob' })).user.username, 'bob');
  assert.deepEqual(await review({ token: 'x' }), { user: {}, error: 'invalid bearer token' });
  assert.equal((await cluster.post(path, { spec: {} })).message, 'token is required for TokenReview in authentication');
});
