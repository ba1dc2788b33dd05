/** Which objects a list, watch or deletecollection is about, from its selectors. */
import { matchesFields, parseFieldSelector } from '../../api/selectors/field-selector.ts';
import { matchesLabels, parseLabelSelector } from '../../api/selectors/label-selector.ts';
import { badRequest } from '../../api/status.ts';
import type { ServedResource } from '../served-resource.ts';
import { selectableField } from '../served-resource.ts';
import type { StoredObject } from '../stored-object.ts';

export type Selection = (stored: StoredObject) => boolean;

/** Undefined: everything. `name` is the one that the path gave (deprecated `/watch/` paths), else ''. Throws 400. */
export function readSelection(query: URLSearchParams, served: ServedResource, name: string): Selection | undefined {
  const labels = parseLabelSelector(query.get('labelSelector') ?? '');
  const given = parseFieldSelector(query.get('fieldSelector') ?? '');
  const fields = name === '' ? given : [...given, { field: 'metadata.name', operator: '=' as const, value: name }];
  const { definition } = served;
  const known = ['metadata.name', ...(definition.namespaced ? ['metadata.namespace'] : [])];
  known.push(...Object.keys(definition.selectableFields ?? {}));
  for (const { field } of fields) {
    if (!known.includes(field)) {
      const list = known.map((one) => JSON.stringify(one)).join(', ');
      throw badRequest(
        `field label not supported: ${JSON.stringify(field)} is not a known field selector of ${definition.plural}: only ${list}`,
      );
    }
  }
  if (labels.length === 0 && fields.length === 0) return undefined;
  const only = fields.find(({ field, operator }) => field === 'metadata.name' && operator === '=');
  // the key ends with the name: most objects are passed over without parsing them
  const ending = only === undefined ? undefined : `/${only.value}`;
  return (stored) => {
    if (ending !== undefined && !stored.key.endsWith(ending)) return false;
    const { object } = stored;
    if (!matchesLabels(labels, object.metadata.labels)) return false;
    return matchesFields(fields, (field) => selectableField(definition, object, field) ?? '');
  };
}
