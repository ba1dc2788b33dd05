import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ControlPlane, Reply } from '../testing-control-plane.ts';
import { core, openControlPlane, rbac } from '../testing-control-plane.ts';

const whoAmI = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
type Headers = Record<string, string | string[]>;

/** As whom the server takes the request, or its refusal. */
async function actingAs(cluster: ControlPlane, headers: Headers, token = 'admin'): Promise<Reply> {
  const reply = await cluster.call(whoAmI, { body: {}, token, headers });
  return reply.status?.userInfo ?? reply;
}

async function grant(cluster: ControlPlane, rules: object[], user = 'alice'): Promise<void> {
  await cluster.post(`${rbac}/clusterroles`, { metadata: { name: 'actor' }, rules });
  await cluster.post(`${rbac}/clusterrolebindings`, {
    metadata: { name: 'actor' },
    roleRef: { kind: 'ClusterRole', name: 'actor' },
    subjects: [{ kind: 'User', name: user }],
  });
}

test('an administrator acts as anybody, with the groups that Kubernetes adds', async () => {
  await using cluster = await openControlPlane();
  const cases: [Headers, object][] = [
    [{ 'Impersonate-User': 'ann' }, { username: 'ann', groups: ['system:authenticated'] }],
    [
      { 'Impersonate-User': 'ann', 'Impersonate-Group': ['devs', 'ops'], 'Impersonate-Uid': 'u' },
      { username: 'ann', uid: 'u', groups: ['devs', 'ops', 'system:authenticated'] },
    ],
    [
      { 'Impersonate-User': 'ann', 'Impersonate-Extra-acme.io%2FScope': ['a', 'b'] },
      { username: 'ann', groups: ['system:authenticated'], extra: { 'acme.io/scope': ['a', 'b'] } },
    ],
    [
      { 'Impersonate-User': 'system:serviceaccount:default:builder' },
      {
        username: 'system:serviceaccount:default:builder',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
      },
    ],
    [
      { 'Impersonate-User': 'system:node:n1' },
      { username: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] },
    ],
    [
      { 'Impersonate-User': 'ann', 'Impersonate-Group': 'system:masters' },
      { username: 'ann', groups: ['system:masters', 'system:authenticated'] },
    ],
    [
      { 'Impersonate-User': Buffer.from('jörg').toString('latin1') },
      { username: 'jörg', groups: ['system:authenticated'] },
    ],
  ];
  for (const [headers, expected] of cases) assert.deepEqual(await actingAs(cluster, headers), expected);
  // nobody, and who is expressly not authenticated, have not even the rights of everybody who is
  for (const headers of [
    { 'Impersonate-User': 'system:anonymous' },
    { 'Impersonate-User': 'ann', 'Impersonate-Group': 'system:unauthenticated' },
  ]) {
    assert.match((await actingAs(cluster, headers)).message, /cannot create resource "selfsubjectreviews"/);
  }
});

test('the request has the rights of the user acted as, and no others', async () => {
  await using cluster = await openControlPlane();
  await grant(cluster, [{ verbs: ['list'], apiGroups: [''], resources: ['configmaps'] }], 'ann');
  const asAnn = (path: string) => cluster.call(path, { headers: { 'Impersonate-User': 'ann' } });
  assert.equal((await asAnn(`${core}/configmaps`)).kind, 'ConfigMapList');
  const { code, message } = await asAnn(`${core}/secrets`);
  assert.equal(code, 403);
  assert.match(message, /^secrets is forbidden: User "ann" cannot list resource "secrets"/);
});

test('without the right to impersonate it is 403, before anything is done', async () => {
  await using cluster = await openControlPlane();
  const { code, message } = await actingAs(cluster, { 'Impersonate-User': 'ann' }, 'alice');
  assert.deepEqual(
    [code, message],
    [
      403,
      'selfsubjectreviews.authentication.k8s.io is forbidden: User "alice" cannot impersonate-on:user-info:create ' +
        'resource "selfsubjectreviews" in API group "authentication.k8s.io" at the cluster scope',
    ],
  );
  const asMaster = { 'Impersonate-User': 'admin', 'Impersonate-Group': 'system:masters' };
  assert.equal((await cluster.call(`${core}/secrets`, { token: 'alice', headers: asMaster })).code, 403);
  assert.equal((await cluster.call('/healthz', { token: null, headers: asMaster })).code, 401);
});

test('the verb impersonate is granted for names of users, groups, uids, extras and service accounts apart', async () => {
  await using cluster = await openControlPlane();
  const authentication = 'authentication.k8s.io';
  await grant(cluster, [
    { verbs: ['impersonate'], apiGroups: [''], resources: ['users'], resourceNames: ['ann'] },
    { verbs: ['impersonate'], apiGroups: [''], resources: ['groups'], resourceNames: ['devs'] },
    { verbs: ['impersonate'], apiGroups: [authentication], resources: ['userextras/scope'], resourceNames: ['read'] },
  ]);
  const allowed: Headers = {
    'Impersonate-User': 'ann',
    'Impersonate-Group': 'devs',
    'Impersonate-Extra-Scope': 'read',
  };
  assert.deepEqual((await actingAs(cluster, allowed, 'alice')).username, 'ann');
  for (const more of [
    { 'Impersonate-User': 'bob' },
    { 'Impersonate-Group': ['devs', 'system:masters'] },
    { 'Impersonate-Uid': '1' },
    { 'Impersonate-Extra-Scope': ['read', 'write'] },
    { 'Impersonate-User': 'system:serviceaccount:default:default' },
  ] satisfies Headers[]) {
    assert.equal((await actingAs(cluster, { ...allowed, ...more }, 'alice')).code, 403, JSON.stringify(more));
  }
});

test('constrained impersonation: this user, for this verb', async () => {
  await using cluster = await openControlPlane();
  await grant(cluster, [
    {
      verbs: ['impersonate:user-info'],
      apiGroups: ['authentication.k8s.io'],
      resources: ['users'],
      resourceNames: ['ann'],
    },
    { verbs: ['impersonate:user-info'], apiGroups: ['authentication.k8s.io'], resources: ['groups'] },
    { verbs: ['impersonate-on:user-info:create'], apiGroups: ['*'], resources: ['selfsubjectreviews'] },
  ]);
  assert.equal((await actingAs(cluster, { 'Impersonate-User': 'ann' }, 'alice')).username, 'ann');
  assert.equal((await actingAs(cluster, { 'Impersonate-User': 'bob' }, 'alice')).code, 403);
  const masters = { 'Impersonate-User': 'ann', 'Impersonate-Group': 'system:masters' };
  assert.match(
    (await actingAs(cluster, masters, 'alice')).message,
    /impersonating the system:masters group is not allowed/,
  );
  const list = await cluster.call(`${core}/pods`, { token: 'alice', headers: { 'Impersonate-User': 'ann' } });
  assert.match(list.message, /cannot impersonate-on:user-info:list resource "pods"/);
});

test('headers that name nobody, or that nobody knows, are 400', async () => {
  await using cluster = await openControlPlane();
  for (const headers of [
    { 'Impersonate-Group': 'devs' },
    { 'Impersonate-Uid': '1' },
    { 'Impersonate-Extra-Scope': 'x' },
    { 'Impersonate-User': 'ann', 'Impersonate-Everybody': 'yes' },
  ] satisfies Headers[]) {
    assert.equal((await actingAs(cluster, headers)).code, 400, JSON.stringify(headers));
  }
});
