import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ControlPlane } from '../testing-control-plane.ts';
import { core, openControlPlane, rbac } from '../testing-control-plane.ts';
import { ruleAllows, rulesNotCovered } from './rbac-rules.ts';

const local = `${rbac}/namespaces/default`;
const reviews = '/apis/authorization.k8s.io/v1';

async function grant(cluster: ControlPlane, rules: object[], subjects: object[], name = 'r'): Promise<void> {
  await cluster.post(`${local}/roles`, { metadata: { name }, rules });
  await cluster.post(`${local}/rolebindings`, { metadata: { name }, roleRef: { kind: 'Role', name }, subjects });
}

const alice = [{ kind: 'User', name: 'alice' }];
const codeOf = async (cluster: ControlPlane, path: string, token = 'alice') =>
  (await cluster.call(path, { token })).code ?? 200;

test('what nobody granted is forbidden, in the words of Kubernetes', async () => {
  await using cluster = await openControlPlane();
  const refused = async (path: string) => (await cluster.call(path, { token: 'alice' })).message;
  assert.equal(
    await refused(`${core}/pods`),
    'pods is forbidden: User "alice" cannot list resource "pods" in API group "" in the namespace "default"',
  );
  assert.equal(
    await refused('/api/v1/nodes/n'),
    'nodes "n" is forbidden: User "alice" cannot get resource "nodes" in API group "" at the cluster scope',
  );
  assert.equal(await refused('/metrics'), 'forbidden: User "alice" cannot get path "/metrics"');
  assert.equal(await codeOf(cluster, '/apis'), 200);
});

test('a role grants in its namespace, to users, groups and service accounts, from the next request on', async () => {
  await using cluster = await openControlPlane();
  const rules = [
    { verbs: ['get', 'list'], apiGroups: [''], resources: ['configmaps'] },
    { verbs: ['get'], apiGroups: [''], resources: ['secrets'], resourceNames: ['open'] },
  ];
  await grant(cluster, rules, [...alice, { kind: 'Group', name: 'devs' }, { kind: 'ServiceAccount', name: 'default' }]);
  for (const token of ['alice', 'bob']) assert.equal(await codeOf(cluster, `${core}/configmaps`, token), 200);
  const { status } = await cluster.post(`${core}/serviceaccounts/default/token`, {});
  assert.equal(await codeOf(cluster, `${core}/configmaps`, status.token), 200);
  assert.equal(await codeOf(cluster, `${core}/secrets/open`), 404);
  assert.equal(await codeOf(cluster, `${core}/secrets/shut`), 403);
  assert.equal(await codeOf(cluster, '/api/v1/namespaces/kube-system/configmaps'), 403);
  await cluster.call(`${local}/rolebindings/r`, { method: 'DELETE' });
  assert.equal(await codeOf(cluster, `${core}/configmaps`), 403);
});

test('view, edit and admin take in roles that carry their label', async () => {
  await using cluster = await openControlPlane();
  const roleRef = { kind: 'ClusterRole', name: 'edit' };
  await cluster.post(`${local}/rolebindings`, { metadata: { name: 'e' }, roleRef, subjects: alice });
  assert.equal(await codeOf(cluster, `${core}/pods`), 200);
  assert.equal(await codeOf(cluster, `${local}/roles`), 403);
  await cluster.post(`${rbac}/clusterroles`, {
    metadata: { name: 'more', labels: { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' } },
    rules: [{ verbs: ['list'], apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles'] }],
  });
  assert.equal(await codeOf(cluster, `${local}/roles`), 200);
});

test('a binding to a role that is not there grants nothing and says so', async () => {
  await using cluster = await openControlPlane();
  await cluster.post(`${local}/rolebindings`, {
    metadata: { name: 'b' },
    roleRef: { kind: 'Role', name: 'gone' },
    subjects: alice,
  });
  const { message } = await cluster.call(`${core}/pods`, { token: 'alice' });
  assert.match(message, /: RBAC: role\.rbac\.authorization\.k8s\.io "gone" not found$/);
});

test('nobody grants what he does not have, unless he may escalate or bind', async () => {
  await using cluster = await openControlPlane();
  const manage = { verbs: ['*'], apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles', 'rolebindings'] };
  await grant(
    cluster,
    [
      { ...manage, verbs: ['create', 'update', 'patch', 'get'] },
      { verbs: ['get'], apiGroups: [''], resources: ['secrets'] },
    ],
    alice,
  );
  const make = (verbs: string[]) =>
    cluster.post(
      `${local}/roles?dryRun=All`,
      { metadata: { name: 'x' }, rules: [{ verbs, apiGroups: [''], resources: ['secrets'] }] },
      'alice',
    );
  assert.equal((await make(['get'])).code, undefined);
  const refused = await make(['get', 'list']);
  assert.equal(
    refused.message,
    'roles.rbac.authorization.k8s.io "x" is forbidden: user "alice" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["secrets"], Verbs:["list"]}',
  );
  const bind = () =>
    cluster.post(
      `${local}/rolebindings?dryRun=All`,
      { metadata: { name: 'x' }, roleRef: { kind: 'ClusterRole', name: 'view' }, subjects: alice },
      'alice',
    );
  assert.equal((await bind()).code, 403);
  const anyway = {
    verbs: ['bind'],
    apiGroups: ['rbac.authorization.k8s.io'],
    resources: ['clusterroles'],
    resourceNames: ['view'],
  };
  await grant(cluster, [anyway], alice, 'binder');
  await cluster.post(`${rbac}/clusterrolebindings`, {
    metadata: { name: 'unused' },
    roleRef: { kind: 'ClusterRole', name: 'view' },
  });
  assert.equal((await bind()).code, undefined);
  await grant(cluster, [{ ...manage, verbs: ['escalate'] }], alice, 'escalator');
  assert.equal((await make(['get', 'list'])).code, undefined);
});

test('nodes and controllers have what their certificates are bound to, and no more', async () => {
  await using cluster = await openControlPlane();
  const { client } = await cluster.pki.node('n1', []);
  const can = async (pair: { cert: string; key: string }, resourceAttributes: object) =>
    (await cluster.call(`${reviews}/selfsubjectaccessreviews`, { pair, body: { spec: { resourceAttributes } } })).status
      .allowed;
  assert.equal(await can(client, { verb: 'watch', resource: 'pods' }), true);
  assert.equal(
    await can(client, { verb: 'patch', resource: 'pods', subresource: 'status', namespace: 'default' }),
    true,
  );
  assert.equal(
    await can(client, { verb: 'create', resource: 'deployments', group: 'apps', namespace: 'default' }),
    false,
  );
  const { controllers, admin } = cluster.pki;
  assert.equal(
    await can(controllers, { verb: 'create', resource: 'pods', subresource: 'binding', namespace: 'default' }),
    true,
  );
  assert.equal(
    await can(controllers, { verb: 'delete', resource: 'anything', group: 'x.example', namespace: 'default' }),
    true,
  );
  assert.equal(
    await can(controllers, { verb: 'escalate', resource: 'clusterroles', group: 'rbac.authorization.k8s.io' }),
    false,
  );
  assert.equal(
    await can(admin, { verb: 'escalate', resource: 'clusterroles', group: 'rbac.authorization.k8s.io' }),
    true,
  );
});

test('reviews about others and about rules', async () => {
  await using cluster = await openControlPlane();
  await grant(cluster, [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }], alice);
  const resourceAttributes = { verb: 'get', resource: 'pods', namespace: 'default' };
  const about = async (path: string, spec: object) => (await cluster.post(`${reviews}${path}`, { spec })).status;
  const yes = await about('/subjectaccessreviews', { user: 'alice', resourceAttributes });
  assert.deepEqual(yes, {
    allowed: true,
    reason: 'RBAC: allowed by RoleBinding "r/default" of Role "r" to User "alice"',
  });
  assert.deepEqual(await about('/subjectaccessreviews', { user: 'bob', resourceAttributes }), { allowed: false });
  assert.equal(
    (await about('/namespaces/default/localsubjectaccessreviews', { user: 'alice', resourceAttributes })).allowed,
    true,
  );
  const { message } = await cluster.post(`${reviews}/subjectaccessreviews`, { spec: { resourceAttributes } });
  assert.match(message, /spec\.user: Invalid value: "": at least one of user or group must be specified$/);
  const rules = await cluster.post(`${reviews}/selfsubjectrulesreviews`, { spec: { namespace: 'default' } }, 'alice');
  assert.ok(rules.status.resourceRules.some(({ resources }: { resources: string[] }) => resources.includes('pods')));
  assert.equal(rules.status.incomplete, false);
});

test('how a single rule is read', () => {
  const rule = { verbs: ['get'], apiGroups: ['apps'], resources: ['deployments', '*/scale', 'pods/*'] };
  const asks = (resource: string, subresource = '', verb = 'get', group = 'apps') =>
    ruleAllows(rule, { verb, resourceRequest: true, group, resource, subresource, name: 'x', path: '' });
  assert.equal(asks('deployments'), true);
  assert.equal(asks('deployments', 'status'), false);
  assert.equal(asks('anything', 'scale'), true);
  assert.equal(asks('pods', 'log'), false);
  assert.equal(asks('deployments', '', 'list'), false);
  assert.equal(asks('deployments', '', 'get', ''), false);
  const path = (pattern: string, wanted: string) =>
    ruleAllows(
      { verbs: ['*'], nonResourceURLs: [pattern] },
      { verb: 'get', resourceRequest: false, group: '', resource: '', subresource: '', name: '', path: wanted },
    );
  assert.deepEqual(
    [path('/a*', '/abc'), path('*', '/x'), path('/a', '/ab'), path('/*/b', '/a/b')],
    [true, true, false, false],
  );
});

test('which rules cover which', () => {
  const held = [
    { verbs: ['get', 'list'], apiGroups: ['*'], resources: ['pods'] },
    { verbs: ['get'], apiGroups: [''], resources: ['secrets'], resourceNames: ['a'] },
  ];
  const missing = (rule: object) => rulesNotCovered(held, [{ verbs: ['get'], apiGroups: [''], ...rule }]).length;
  assert.equal(missing({ resources: ['pods'] }), 0);
  assert.equal(missing({ resources: ['pods', 'nodes'] }), 1);
  assert.equal(missing({ resources: ['*'] }), 1);
  assert.equal(missing({ resources: ['secrets'] }), 1);
  assert.equal(missing({ resources: ['secrets'], resourceNames: ['a'] }), 0);
  assert.equal(missing({ verbs: ['*'], resources: ['pods'] }), 1);
});
