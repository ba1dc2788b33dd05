/** Who is bound to a role, from words. */
import { UsageError } from '../command.ts';
import type { FlagTable } from '../flags.ts';

export const subjectFlags = {
  user: { type: 'list', value: 'NAMES', description: 'users' },
  group: { type: 'list', value: 'NAMES', description: 'groups' },
  serviceaccount: { type: 'list', value: 'NAMESPACE:NAME', description: 'service accounts' },
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
  const parts = (list: readonly string[]): string[] => list.flatMap((word) => word.split(','));
  return [
    ...parts(words.user).map((name): Subject => ({ kind: 'User', apiGroup: rbacGroup, name })),
    ...parts(words.group).map((name): Subject => ({ kind: 'Group', apiGroup: rbacGroup, name })),
    ...parts(words.serviceaccount).map((word): Subject => {
      const [namespace = '', name = '', ...more] = word.split(':');
      if (namespace === '' || name === '' || more.length > 0) {
        throw new UsageError(`invalid --serviceaccount "${word}": NAMESPACE:NAME is needed`);
      }
      return { kind: 'ServiceAccount', name, namespace };
    }),
  ];
}
