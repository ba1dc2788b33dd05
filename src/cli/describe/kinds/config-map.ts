import type { ConfigMap } from '../../../api/types/core-v1.ts';
import type { Description } from '../description.ts';
import { describeMetadata, sortedPairs } from '../labels.ts';

export function describeConfigMap({ metadata, data, binaryData }: ConfigMap, out: Description): void {
  describeMetadata(out, metadata);
  out.add(0, '\nData\n====\n');
  for (const [key, value] of sortedPairs(data)) out.add(0, `${key}:\n----\n${value}\n\n`);
  out.add(0, '\nBinaryData\n====\n');
  for (const [key, value] of sortedPairs(binaryData)) {
    out.line(0, `${key}: ${Buffer.from(value, 'base64').length} bytes`);
  }
  out.line(0);
}
