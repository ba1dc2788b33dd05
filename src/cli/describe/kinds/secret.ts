import type { Secret } from '../../../api/types/core-v1.ts';
import type { Description } from '../description.ts';
import { describeMetadata, sortedPairs } from '../labels.ts';

/** How long each value is; the token of a service account itself, which is what people look here for. */
export function describeSecret({ metadata, type = '', data }: Secret, out: Description): void {
  describeMetadata(out, metadata);
  out.line(0);
  out.field(0, 'Type', type);
  out.add(0, '\nData\n====\n');
  for (const [key, encoded] of sortedPairs(data)) {
    const value = Buffer.from(encoded, 'base64');
    const isToken = key === 'token' && type === 'kubernetes.io/service-account-token';
    out.field(0, key, isToken ? value.toString() : `${value.length} bytes`);
  }
}
