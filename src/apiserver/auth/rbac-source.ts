/** The roles and bindings in force, read from the stored objects: the bindings of a user, and the rules of a role. */
import { formatGroupResource } from '../../api/group-version.ts';
import { labelSelectorOf, matchesLabels } from '../../api/selectors/label-selector.ts';
import type {
  ClusterRole,
  ClusterRoleBinding,
  PolicyRule,
  Role,
  RoleBinding,
  RoleRef,
  Subject,
} from '../../api/types/rbac-v1.ts';
import type { ObjectReader } from '../connect/connector.ts';
import type { UserInfo } from './types.ts';

export const rbacGroup = 'rbac.authorization.k8s.io';

export interface GrantedRules {
  rules: readonly PolicyRule[];
  /** `ClusterRoleBinding "x" of ClusterRole "y" to Group "z"`. */
  by: string;
}

/** Collects what went wrong on the way: bindings to roles that do not exist grant nothing and stop nobody else. */
export interface Grants {
  granted: GrantedRules[];
  errors: string[];
}

/** All rules that a user has: those of cluster-wide bindings, and of the namespace's when there is one. */
export async function grantsOf(store: ObjectReader, user: UserInfo, namespace: string): Promise<Grants> {
  const grants: Grants = { granted: [], errors: [] };
  const clusterWide = await store.list<ClusterRoleBinding>({ group: rbacGroup, resource: 'clusterrolebindings' }, '');
  for (const binding of clusterWide) await add(store, grants, user, binding, '');
  if (namespace === '') return grants;
  const local = await store.list<RoleBinding>({ group: rbacGroup, resource: 'rolebindings' }, namespace);
  for (const binding of local) await add(store, grants, user, binding, namespace);
  return grants;
}

async function add(
  store: ObjectReader,
  { granted, errors }: Grants,
  user: UserInfo,
  binding: ClusterRoleBinding | RoleBinding,
  namespace: string,
): Promise<void> {
  const subject = (binding.subjects ?? []).find((one) => isSubject(one, user, namespace));
  if (subject === undefined) return;
  const { roleRef, metadata } = binding;
  const rules = await rulesOfRole(store, roleRef, namespace);
  if (rules === undefined) {
    const resource = roleRef.kind === 'Role' ? 'roles' : 'clusterroles';
    errors.push(
      `${formatGroupResource({ group: rbacGroup, resource }).replace('s.', '.')} ${JSON.stringify(roleRef.name)} not found`,
    );
    return;
  }
  const where = namespace === '' ? '' : `/${namespace}`;
  const to = subject.kind === 'ServiceAccount' ? `${subject.name}/${subject.namespace ?? namespace}` : subject.name;
  granted.push({
    rules,
    by: `${binding.kind} "${metadata.name}${where}" of ${roleRef.kind} "${roleRef.name}" to ${subject.kind} "${to}"`,
  });
}

function isSubject(subject: Subject, user: UserInfo, namespace: string): boolean {
  switch (subject.kind) {
    case 'User':
      return subject.name === user.name;
    case 'Group':
      return user.groups.includes(subject.name);
    case 'ServiceAccount': {
      const where = subject.namespace ?? namespace;
      return where !== '' && user.name === `system:serviceaccount:${where}:${subject.name}`;
    }
    default:
      return false;
  }
}

/** Undefined when there is no such role. A ClusterRole with an aggregation rule has the rules of those it selects. */
export async function rulesOfRole(
  store: ObjectReader,
  { kind, name }: RoleRef,
  namespace: string,
): Promise<readonly PolicyRule[] | undefined> {
  if (kind === 'Role') {
    const role = await store.get<Role>({ group: rbacGroup, resource: 'roles' }, namespace, name);
    return role === undefined ? undefined : (role.rules ?? []);
  }
  const role = await store.get<ClusterRole>({ group: rbacGroup, resource: 'clusterroles' }, '', name);
  if (role === undefined || role.aggregationRule === undefined)
    return role === undefined ? undefined : (role.rules ?? []);
  return aggregate(store, role);
}

async function aggregate(store: ObjectReader, root: ClusterRole): Promise<PolicyRule[]> {
  const all = await store.list<ClusterRole>({ group: rbacGroup, resource: 'clusterroles' }, '');
  const seen = new Set([root.metadata.name]);
  const rules: PolicyRule[] = [];
  const queue = [root];
  for (let role = queue.pop(); role !== undefined; role = queue.pop()) {
    const selectors = role.aggregationRule?.clusterRoleSelectors;
    if (selectors === undefined) rules.push(...(role.rules ?? []));
    for (const object of selectors ?? []) {
      const selector = labelSelectorOf(object) ?? [];
      for (const candidate of all) {
        if (seen.has(candidate.metadata.name) || !matchesLabels(selector, candidate.metadata.labels)) continue;
        seen.add(candidate.metadata.name);
        queue.push(candidate);
      }
    }
  }
  return rules;
}
