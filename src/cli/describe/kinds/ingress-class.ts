import type { IngressClass } from '../../../api/types/networking-v1.ts';
import type { Description } from '../description.ts';
import { describeMetadata } from '../labels.ts';

export function describeIngressClass({ metadata, spec }: IngressClass, out: Description): void {
  describeMetadata(out, metadata, { clusterWide: true });
  out.field(0, 'Controller', spec?.controller);
  if (spec?.parameters === undefined) return;
  out.line(0, 'Parameters:');
  out.optional(1, 'APIGroup', spec.parameters.apiGroup);
  out.field(1, 'Kind', spec.parameters.kind);
  out.field(1, 'Name', spec.parameters.name);
}
