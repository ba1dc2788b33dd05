/** The `pod-template-hash` that keeps the pods of a Deployment's revisions apart. */
import { createHash } from 'node:crypto';
import type { PodTemplateSpec } from '../../api/types/core-v1.ts';
import { canonicalJson } from '../../lib/canonical-json.ts';

export const hashLabel = 'pod-template-hash';

/** Letters and digits that form no words. */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** Ten characters, the same for templates that mean the same. `collisions` leads to another one. */
export function templateHash(template: PodTemplateSpec, collisions: number): string {
  const digest = createHash('sha256')
    .update(`${canonicalTemplate(template)}#${collisions}`)
    .digest();
  return [...digest.subarray(0, 10)].map((byte) => alphabet[byte % alphabet.length]).join('');
}

export function sameTemplate(a: PodTemplateSpec | undefined, b: PodTemplateSpec | undefined): boolean {
  return canonicalTemplate(a ?? {}) === canonicalTemplate(b ?? {});
}

/** Without the hash label itself. */
function canonicalTemplate({ metadata = {}, spec }: PodTemplateSpec): string {
  const { [hashLabel]: _hash, ...labels } = metadata.labels ?? {};
  return canonicalJson({ metadata: { ...metadata, labels, annotations: metadata.annotations ?? {} }, spec });
}
