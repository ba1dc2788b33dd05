import type { ServiceAccount } from '../../../api/types/core-v1.ts';
import type { Description } from '../description.ts';
import { describeMetadata } from '../labels.ts';

const label = 'Image pull secrets:';

export function describeServiceAccount({ metadata, imagePullSecrets = [] }: ServiceAccount, out: Description): void {
  describeMetadata(out, metadata);
  if (imagePullSecrets.length === 0) out.line(0, label, '<none>');
  imagePullSecrets.forEach(({ name = '' }, index) => {
    out.line(0, index === 0 ? label : ' '.repeat(label.length), name);
  });
}
