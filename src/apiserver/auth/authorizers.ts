/** Who may do what: members of `system:masters` everything, everybody else what RBAC's bindings grant. */
import type { ObjectReader } from '../connect/connector.ts';
import { ruleAllows } from './rbac-rules.ts';
import { grantsOf } from './rbac-source.ts';
import type { Authorizer } from './types.ts';

export const mastersGroup = 'system:masters';

export const mastersAuthorizer: Authorizer = async ({ user }) =>
  user.groups.includes(mastersGroup) ? { allowed: true, reason: '' } : { allowed: undefined, reason: '' };

/** Nodes and controllers are bound by roles too (`system:node` to the group `system:nodes`). */
export function rbacAuthorizer(store: ObjectReader): Authorizer {
  return async (attributes) => {
    const { granted, errors } = await grantsOf(store, attributes.user, attributes.namespace);
    for (const { rules, by } of granted) {
      if (rules.some((rule) => ruleAllows(rule, attributes))) {
        return { allowed: true, reason: `RBAC: allowed by ${by}` };
      }
    }
    return { allowed: undefined, reason: errors.length === 0 ? '' : `RBAC: ${formatErrors(errors)}` };
  };
}

function formatErrors(errors: readonly string[]): string {
  return errors.length === 1 ? (errors[0] ?? '') : `[${errors.join(', ')}]`;
}

/** The first decision that is not undefined; without one, no opinion, with all reasons. */
export function firstDecision(authorizers: readonly Authorizer[]): Authorizer {
  return async (attributes) => {
    const reasons: string[] = [];
    for (const authorize of authorizers) {
      const decision = await authorize(attributes);
      if (decision.allowed !== undefined) return decision;
      if (decision.reason !== '') reasons.push(decision.reason);
    }
    return { allowed: undefined, reason: reasons.join('\n') };
  };
}
