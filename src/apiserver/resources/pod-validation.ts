import type { FieldError } from '../../api/status.ts';
import type { Pod } from '../../api/types/core-v1.ts';

export function validatePod(_pod: Pod): FieldError[] {
  return [];
}

export function validatePodUpdate(_next: Pod, _previous: Pod): FieldError[] {
  return [];
}
