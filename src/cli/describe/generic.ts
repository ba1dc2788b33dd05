/** Any object, of whatever kind: all its fields, their names in words. */
import type { UnstructuredObject } from '../../api/object.ts';
import { isRecord } from '../../lib/is-record.ts';
import { goText } from '../print/go-text.ts';
import type { Description } from './description.ts';
import { fieldLabel } from './field-label.ts';
import { describeMetadata, sortedPairs } from './labels.ts';

/** Told before the others, or of no interest. */
const apart = ['managedFields', 'name', 'namespace', 'labels', 'annotations'].map((field) => `.metadata.${field}`);

export function describeAny(object: UnstructuredObject, out: Description): void {
  describeMetadata(out, object.metadata);
  describeFields(out, object, { level: 0, path: '' });
}

function describeFields(
  out: Description,
  fields: Readonly<Record<string, unknown>>,
  { level, path }: { level: number; path: string },
): void {
  for (const [field, value] of sortedPairs(fields)) {
    const its = `${path}.${field}`;
    if (apart.includes(its)) continue;
    const label = fieldLabel(field);
    if (isRecord(value)) {
      out.line(level, `${label}:`);
      describeFields(out, value, { level: level + 1, path: its });
    } else if (Array.isArray(value)) {
      out.line(level, `${label}:`);
      for (const item of value) {
        if (isRecord(item)) describeFields(out, item, { level: level + 1, path: its });
        else out.line(level + 1, goText(item));
      }
    } else out.field(level, label, goText(value));
  }
}
