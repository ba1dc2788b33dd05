/** What a single RBAC rule admits, after `pkg/apis/rbac/v1/evaluation_helpers.go`. */
import type { PolicyRule } from '../../api/types/rbac-v1.ts';
import type { AuthorizationAttributes } from './types.ts';

export type RequestedAction = Pick<
  AuthorizationAttributes,
  'verb' | 'resourceRequest' | 'group' | 'resource' | 'subresource' | 'name' | 'path'
>;

export function ruleAllows(rule: PolicyRule, action: RequestedAction): boolean {
  if (!anyOrOne(rule.verbs, action.verb)) return false;
  if (!action.resourceRequest) return (rule.nonResourceURLs ?? []).some((pattern) => urlMatches(pattern, action.path));
  return (
    anyOrOne(rule.apiGroups, action.group) &&
    resourceMatches(rule.resources, action.resource, action.subresource) &&
    nameMatches(rule.resourceNames, action.name)
  );
}

function anyOrOne(values: readonly string[] | undefined, wanted: string): boolean {
  return values !== undefined && (values.includes('*') || values.includes(wanted));
}

function resourceMatches(values: readonly string[] | undefined, resource: string, subresource: string): boolean {
  if (values === undefined) return false;
  const combined = subresource === '' ? resource : `${resource}/${subresource}`;
  return (
    values.includes('*') || values.includes(combined) || (subresource !== '' && values.includes(`*/${subresource}`))
  );
}

function nameMatches(names: readonly string[] | undefined, name: string): boolean {
  return names === undefined || names.length === 0 || names.includes(name);
}

/** A pattern may end in `*`; elsewhere the star has no meaning. */
function urlMatches(pattern: string, path: string): boolean {
  return pattern === path || pattern === '*' || (pattern.endsWith('*') && path.startsWith(pattern.slice(0, -1)));
}

/** The parts of `wanted` that no rule of `held` covers, one verb, group, resource and name each. Empty: all is held. */
export function rulesNotCovered(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  return wanted.flatMap(breakDown).filter((part) => !held.some((rule) => covers(rule, part)));
}

function breakDown(rule: PolicyRule): PolicyRule[] {
  const parts: PolicyRule[] = [];
  const names = rule.resourceNames ?? [];
  for (const verb of rule.verbs) {
    for (const group of rule.apiGroups ?? []) {
      for (const resource of rule.resources ?? []) {
        const part = { verbs: [verb], apiGroups: [group], resources: [resource] };
        if (names.length === 0) parts.push(part);
        for (const name of names) parts.push({ ...part, resourceNames: [name] });
      }
    }
    for (const url of rule.nonResourceURLs ?? []) parts.push({ verbs: [verb], nonResourceURLs: [url] });
  }
  return parts;
}

/** `part` is one of `breakDown`. A star in it is covered by a star only. */
function covers(rule: PolicyRule, part: PolicyRule): boolean {
  const [verb = ''] = part.verbs;
  if (!anyOrOne(rule.verbs, verb)) return false;
  const [url] = part.nonResourceURLs ?? [];
  if (url !== undefined) return (rule.nonResourceURLs ?? []).some((pattern) => urlMatches(pattern, url));
  const [resource = '', subresource = ''] = (part.resources?.[0] ?? '').split('/', 2);
  const [name] = part.resourceNames ?? [];
  const restricted = rule.resourceNames !== undefined && rule.resourceNames.length > 0;
  return (
    anyOrOne(rule.apiGroups, part.apiGroups?.[0] ?? '') &&
    resourceMatches(rule.resources, resource, subresource) &&
    (!restricted || (name !== undefined && nameMatches(rule.resourceNames, name)))
  );
}
