/** Objects as tables. */
import type { Question } from '../request.ts';
import {
  bindings,
  columnsAndCells,
  deployments,
  leases,
  maps,
  pods,
  roles,
  secrets,
  services,
  slices,
  table,
} from '../vocabulary.ts';

const tablePaths: readonly [string, string][] = [
  ['Namespaces', '/api/v1/namespaces?fieldSelector=metadata.name%3Ddiff'],
  ['Pods', pods],
  ['Services', services],
  ['Endpoints', '/api/v1/namespaces/no-such/endpoints'],
  ['ConfigMaps', `${maps}?fieldSelector=metadata.name%3Done`],
  ['Secrets', secrets],
  ['ServiceAccounts', '/api/v1/namespaces/diff/serviceaccounts'],
  ['Nodes', '/api/v1/nodes'],
  ['Events', '/api/v1/namespaces/no-such/events'],
  ['EndpointSlices', `${slices}?fieldSelector=metadata.name%3Down`],
  ['Leases', leases],
  ['Deployments', deployments],
  ['ReplicaSets', '/apis/apps/v1/namespaces/no-such/replicasets'],
  ['Roles', roles],
  ['RoleBindings', bindings],
  ['ClusterRoles', '/apis/rbac.authorization.k8s.io/v1/clusterroles?fieldSelector=metadata.name%3Dcluster-admin'],
  [
    'ClusterRoleBindings',
    '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings?fieldSelector=metadata.name%3Dcluster-admin',
  ],
];

export const tables: readonly Question[] = [
  ...tablePaths.map(([kind, path]) => ({ name: `a table of ${kind}`, path, headers: table, select: columnsAndCells })),
  { name: 'a table of one', path: `${deployments}/app`, headers: table, select: columnsAndCells },
  { name: 'a table with whole objects', path: `${roles}?includeObject=Object`, headers: table },
  { name: 'a table with no objects', path: `${roles}?includeObject=None`, headers: table },
  { name: 'a table with bad objects', path: `${roles}?includeObject=Half`, headers: table },
  {
    name: 'a table that must be YAML',
    path: roles,
    headers: { Accept: 'application/yaml;as=Table;v=v1;g=meta.k8s.io' },
    select: () => undefined,
  },
  {
    name: 'a table of another version',
    path: roles,
    headers: { Accept: 'application/json;as=Table;v=v9;g=meta.k8s.io' },
  },
];
