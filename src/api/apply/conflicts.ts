/** An apply that would change what others own; after `apimachinery/pkg/util/managedfields`. */
import { StatusError } from '../status.ts';
import { compareText, pathText, quoted } from './field-element.ts';
import type { FieldSet } from './field-set.ts';
import { pathsOf } from './field-set.ts';
import type { Owner } from './owners.ts';
import { ownerId } from './owners.ts';

export interface Conflict {
  owner: Owner;
  fields: FieldSet;
}

/** 409, with a cause for each field. */
export function applyConflict(conflicts: readonly Conflict[]): StatusError {
  const ordered = conflicts
    .map(({ owner, fields }) => ({
      id: ownerId(owner),
      name: describeOwner(owner),
      paths: [...pathsOf(fields)].map(pathText),
    }))
    .sort((a, b) => compareText(a.id, b.id));
  const causes = ordered.flatMap(({ name, paths }) =>
    paths.map((field) => ({ reason: 'FieldManagerConflict', message: `conflict with ${name}`, field })),
  );
  const [only] = causes;
  const list = ordered.flatMap(({ name, paths }) => [`conflicts with ${name}:`, ...paths.map((path) => `- ${path}`)]);
  const message =
    causes.length === 1 && only !== undefined
      ? `Apply failed with 1 conflict: ${only.message}: ${only.field}`
      : `Apply failed with ${causes.length} conflicts: ${list.join('\n')}`;
  return new StatusError({ code: 409, reason: 'Conflict', message, details: { causes } });
}

function describeOwner({ manager, operation, apiVersion, subresource }: Owner): string {
  const name = quoted(manager) + (subresource === '' ? '' : ` with subresource ${quoted(subresource)}`);
  return operation === 'Update' ? `${name} using ${apiVersion}` : name;
}
