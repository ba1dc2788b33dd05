import type { FieldError } from '../../api/status.ts';
import type { PolicyRule } from '../../api/types/rbac-v1.ts';
import { at, invalidValue, required } from '../../api/validation/field-errors.ts';

/** Rules of a role; one of a namespace cannot speak of paths. */
export function validateRules(rules: readonly PolicyRule[] | undefined, namespaced: boolean): FieldError[] {
  return (rules ?? []).flatMap(
    ({ verbs, apiGroups = [], resources = [], nonResourceURLs = [], resourceNames = [] }, index) => {
      const field = at('rules', index);
      const errors: FieldError[] = [];
      if ((verbs ?? []).length === 0) errors.push(required(`${field}.verbs`, 'verbs must contain at least one value'));
      if (nonResourceURLs.length > 0) {
        const urls = `${field}.nonResourceURLs`;
        if (namespaced) {
          errors.push(invalidValue(urls, nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs'));
        }
        if (apiGroups.length > 0 || resources.length > 0 || resourceNames.length > 0) {
          errors.push(
            invalidValue(urls, nonResourceURLs, 'rules cannot apply to both regular resources and non-resource URLs'),
          );
        }
        return errors;
      }
      if (apiGroups.length === 0)
        errors.push(required(`${field}.apiGroups`, 'resource rules must supply at least one api group'));
      if (resources.length === 0)
        errors.push(required(`${field}.resources`, 'resource rules must supply at least one resource'));
      return errors;
    },
  );
}
