/** Nobody may grant by RBAC what he does not have, unless he may `escalate` or `bind`. */
import type { KubeObject } from '../../api/object.ts';
import { forbidden, notFound } from '../../api/status.ts';
import type { ClusterRole, PolicyRule, RoleRef } from '../../api/types/rbac-v1.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../admission/admission.ts';
import type { ObjectReader } from '../connect/connector.ts';
import { mastersGroup } from './authorizers.ts';
import { rulesNotCovered } from './rbac-rules.ts';
import { grantsOf, rbacGroup, rulesOfRole } from './rbac-source.ts';
import type { Authorizer } from './types.ts';

const everything: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

export function rbacEscalationCheck(store: ObjectReader, authorizer: Authorizer): AdmissionPlugin {
  return {
    name: 'RBACEscalation',
    async validate(attributes) {
      const { resource, object, previous, user } = attributes;
      if (resource.group !== rbacGroup || object === undefined || user.groups.includes(mastersGroup)) return;
      if (await mayAnyway(authorizer, attributes, object)) return;
      const granted = await rulesGrantedBy(store, resource.plural, attributes.namespace, object, previous);
      if (granted === undefined) return;
      const { granted: held } = await grantsOf(store, user, attributes.namespace);
      const missing = rulesNotCovered(
        held.flatMap(({ rules }) => rules),
        granted,
      );
      if (missing.length === 0) return;
      const groups = user.groups.map((group) => JSON.stringify(group)).join(' ');
      throw forbidden(
        { group: rbacGroup, resource: resource.plural },
        object.metadata.name ?? '',
        `user ${JSON.stringify(user.name)} (groups=[${groups}]) is attempting to grant RBAC permissions not currently held:\n` +
          missing.map(formatRule).toSorted().join('\n'),
      );
    },
  };
}

/** Undefined when the write grants nothing new. */
async function rulesGrantedBy(
  store: ObjectReader,
  plural: string,
  namespace: string,
  object: KubeObject,
  previous: KubeObject | undefined,
): Promise<readonly PolicyRule[] | undefined> {
  if (plural === 'roles' || plural === 'clusterroles') {
    const role = object as Pick<ClusterRole, 'rules' | 'aggregationRule'> & KubeObject;
    const before = previous as typeof role | undefined;
    const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);
    if (before !== undefined && same(role.rules, before.rules) && same(role.aggregationRule, before.aggregationRule)) {
      return undefined;
    }
    return role.aggregationRule === undefined ? (role.rules ?? []) : everything;
  }
  const roleRef = roleRefOf(object);
  if (roleRef === undefined) return undefined;
  if (previous !== undefined && JSON.stringify(previous) === JSON.stringify(object)) return undefined;
  const rules = await rulesOfRole(store, roleRef, namespace);
  if (rules === undefined) throw notFound({ group: rbacGroup, resource: plural }, roleRef.name);
  return rules;
}

function roleRefOf(object: KubeObject): RoleRef | undefined {
  return 'roleRef' in object ? (object.roleRef as RoleRef) : undefined;
}

async function mayAnyway(
  authorizer: Authorizer,
  { user, namespace }: AdmissionAttributes,
  object: KubeObject,
): Promise<boolean> {
  const roleRef = roleRefOf(object);
  const kind = roleRef?.kind ?? object.kind;
  const { allowed } = await authorizer({
    user,
    verb: roleRef === undefined ? 'escalate' : 'bind',
    resourceRequest: true,
    group: rbacGroup,
    version: '*',
    resource: kind === 'Role' ? 'roles' : 'clusterroles',
    subresource: '',
    namespace,
    name: roleRef?.name ?? object.metadata.name ?? '',
    path: '',
  });
  return allowed === true;
}

function formatRule(rule: PolicyRule): string {
  const parts = [
    ['APIGroups', rule.apiGroups],
    ['Resources', rule.resources],
    ['ResourceNames', rule.resourceNames],
    ['NonResourceURLs', rule.nonResourceURLs],
    ['Verbs', rule.verbs],
  ] as const;
  const shown = parts.filter(([, values]) => values !== undefined && values.length > 0);
  return `{${shown.map(([name, values]) => `${name}:${JSON.stringify(values)}`).join(', ')}}`;
}
