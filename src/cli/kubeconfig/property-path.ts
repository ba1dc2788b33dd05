/** The names of properties in `config set` and `config unset`: `users.me.token`, `clusters.10.0.0.1.server`. */
import { CommandError } from '../command.ts';
import type { ListName } from './edit-text.ts';
import { clusterFields, contextFields, type FieldKind, userFields } from './known-fields.ts';

export type Property =
  | { kind: 'current-context' }
  /** Without a field all of them. */
  | { kind: 'preferences'; field?: 'colors' | 'extensions' }
  /** Those of the top level. */
  | { kind: 'extensions' }
  /** All clusters, contexts or users. */
  | { kind: 'list'; list: ListName }
  | { kind: 'entry'; list: ListName; name: string }
  | { kind: 'field'; list: ListName; name: string; field: string; type: FieldKind };

const knownOf = { clusters: clusterFields, contexts: contextFields, users: userFields } as const;

/** kubectl spells some fields of users in another way here. */
const spelled: Readonly<Record<string, string>> = {
  'act-as': 'as',
  'act-as-uid': 'as-uid',
  'act-as-groups': 'as-groups',
  'act-as-user-extra': 'as-user-extra',
};

/** An entry's name may have dots: it ends where a field's begins. Throws CommandError for what is no property. */
export function parseProperty(path: string): Property {
  if (path === '') throw new CommandError('you must specify a property');
  const [first = '', ...rest] = path.split('.');
  if (first === 'current-context' && rest.length === 0) return { kind: 'current-context' };
  if (first === 'extensions' && rest.length === 0) return { kind: 'extensions' };
  if (first === 'preferences') {
    const [field] = rest;
    if (field === undefined) return { kind: 'preferences' };
    if (rest.length === 1 && (field === 'colors' || field === 'extensions')) return { kind: 'preferences', field };
    throw new CommandError(`"${path}" is no property: preferences have colors and extensions`);
  }
  if (first !== 'clusters' && first !== 'contexts' && first !== 'users') {
    throw new CommandError(
      `"${path}" is no property: it begins with clusters, contexts, users or preferences, or is current-context or extensions`,
    );
  }
  if (rest.length === 0) return { kind: 'list', list: first };
  const known = knownOf[first];
  const at = rest.findIndex((part, index) => index > 0 && Object.hasOwn(known, spelled[part] ?? part));
  if (at < 0) return { kind: 'entry', list: first, name: rest.join('.') };
  const field = spelled[rest[at] ?? ''] ?? rest[at] ?? '';
  if (rest.length > at + 1) throw new CommandError(`"${path}" goes deeper than the field "${field}"`);
  return { kind: 'field', list: first, name: rest.slice(0, at).join('.'), field, type: known[field]?.kind ?? 'other' };
}
