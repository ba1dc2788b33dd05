/** Who is bound to a role, from words. */
import { UsageError } from '../command.ts';
import type { FlagTable } from '../flags.ts';

export const subjectFlags = {
  user: { type: 'list', value: 'NAME', description: 'a user' },
  group: { type: 'list', value: 'NAME', description: 'a group' },
  serviceaccount: { type: 'list', value: 'NAMESPACE:NAME', description: 'a service account' },
} as const satisfies FlagTable;

export interface Subject {
  kind: 'User' | 'Group' | 'ServiceAccount';
  name: string;
  apiGroup?: string;
  namespace?: string;
}

export const rbacGroup = 'rbac.authorization.k8s.io';

/** Throws UsageError for a service account without its namespace. */
export function subjectsFrom(words: {
  user: readonly string[];
  group: readonly string[];
  serviceaccount: readonly string[];
}): Subject[] {
  return [
    ...words.user.map((name): Subject => ({ kind: 'User', apiGroup: rbacGroup, name })),
    ...words.group.map((name): Subject => ({ kind: 'Group', apiGroup: rbacGroup, name })),
    ...words.serviceaccount.map((word): Subject => {
      const [namespace = '', name = '', ...more] = word.split(':');
      if (namespace === '' || name === '' || more.length > 0) {
        throw new UsageError(`invalid --serviceaccount "${word}": NAMESPACE:NAME is needed`);
      }
      return { kind: 'ServiceAccount', name, namespace };
    }),
  ];
}
