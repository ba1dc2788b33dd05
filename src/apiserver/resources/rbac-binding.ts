/** What RoleBinding and ClusterRoleBinding have in common. */
import type { FieldError } from '../../api/status.ts';
import type { ClusterRoleBinding, RoleBinding, Subject } from '../../api/types/rbac-v1.ts';
import {
  at,
  forbiddenField,
  immutable,
  invalidFor,
  notSupported,
  required,
} from '../../api/validation/field-errors.ts';
import { sameJson } from '../../api/validation/metadata.ts';
import { complainAboutDnsSubdomain, complainAboutPathSegment } from '../../api/validation/names.ts';
import type { TableColumn } from './resource.ts';

type Binding = RoleBinding | ClusterRoleBinding;

const group = 'rbac.authorization.k8s.io';

export function defaultBinding({ roleRef, subjects }: Binding): void {
  roleRef.apiGroup ||= group;
  for (const subject of subjects ?? []) {
    if (subject.kind === 'User' || subject.kind === 'Group') subject.apiGroup ||= group;
  }
}

export function validateBinding({ kind, roleRef, subjects }: Binding): FieldError[] {
  const errors: FieldError[] = [];
  const roles = kind === 'RoleBinding' ? ['Role', 'ClusterRole'] : ['ClusterRole'];
  if (roleRef.apiGroup !== group) errors.push(notSupported('roleRef.apiGroup', roleRef.apiGroup ?? '', [group]));
  if (!roles.includes(roleRef.kind)) errors.push(notSupported('roleRef.kind', roleRef.kind, roles));
  if ((roleRef.name ?? '') === '') errors.push(required('roleRef.name'));
  else errors.push(...invalidFor('roleRef.name', roleRef.name, complainAboutPathSegment(roleRef.name)));
  for (const [index, subject] of (subjects ?? []).entries()) {
    errors.push(...validateSubject(subject, at('subjects', index), kind === 'ClusterRoleBinding'));
  }
  return errors;
}

function validateSubject(subject: Subject, field: string, clusterWide: boolean): FieldError[] {
  const { kind, name = '', apiGroup = '', namespace = '' } = subject;
  const errors: FieldError[] = [];
  if (name === '') errors.push(required(`${field}.name`));
  switch (kind) {
    case 'ServiceAccount':
      if (name !== '') errors.push(...invalidFor(`${field}.name`, name, complainAboutDnsSubdomain(name)));
      if (apiGroup !== '') errors.push(notSupported(`${field}.apiGroup`, apiGroup, ['']));
      if (clusterWide && namespace === '') errors.push(required(`${field}.namespace`));
      return errors;
    case 'User':
    case 'Group':
      if (apiGroup !== group) errors.push(notSupported(`${field}.apiGroup`, apiGroup, [group]));
      if (namespace !== '') errors.push(forbiddenField(`${field}.namespace`, `a ${kind} has no namespace`));
      return errors;
    default:
      return [...errors, notSupported(`${field}.kind`, kind, ['ServiceAccount', 'User', 'Group'])];
  }
}

export function validateBindingUpdate(next: Binding, previous: Binding): FieldError[] {
  if (sameJson(next.roleRef, previous.roleRef)) return [];
  return [
    {
      ...immutable('roleRef', next.roleRef),
      message: immutable('roleRef', next.roleRef).message.replace('field is immutable', 'cannot change roleRef'),
    },
  ];
}

export function bindingColumns<T extends Binding>(): TableColumn<T>[] {
  const subjects = (name: string, kind: string): TableColumn<T> => ({
    name,
    type: 'string',
    priority: 1,
    description: `Those of kind ${kind} who have the role.`,
    value: (object) =>
      (object.subjects ?? [])
        .filter((subject) => subject.kind === kind)
        .map((subject) => (kind === 'ServiceAccount' ? `${subject.namespace ?? ''}/${subject.name}` : subject.name))
        .join(', '),
  });
  return [
    {
      name: 'Role',
      type: 'string',
      description: 'The role that is granted.',
      value: ({ roleRef: { kind, name } }) => `${kind}/${name}`,
    },
    subjects('Users', 'User'),
    subjects('Groups', 'Group'),
    subjects('ServiceAccounts', 'ServiceAccount'),
  ];
}
