/** Label selectors: their text form, the `LabelSelector` of objects, and matching; after `apimachinery/pkg/labels`. */
import { badRequest } from '../status.ts';
import { parseRequirements } from './label-selector-parser.ts';

export type LabelOperator = '=' | '!=' | 'in' | 'notin' | 'exists' | 'absent' | '>' | '<';

export interface LabelRequirement {
  readonly key: string;
  readonly operator: LabelOperator;
  /** One for = != > <, at least one for in and notin, none for exists and absent. */
  readonly values: readonly string[];
}

/** All requirements hold. Empty: everything matches. */
export type LabelSelector = readonly LabelRequirement[];

/** The `LabelSelector` of objects: `spec.selector` of a Deployment. */
export interface LabelSelectorObject {
  matchLabels?: Record<string, string> | undefined;
  matchExpressions?:
    | readonly { key: string; operator: string; values?: readonly string[] | null | undefined }[]
    | undefined;
}

/** Throws `StatusError` 400 that says what is wrong where. */
export function parseLabelSelector(text: string): LabelSelector {
  return text === '' ? [] : parseRequirements(text);
}

export function matchesLabels(selector: LabelSelector, labels: Readonly<Record<string, string>> | undefined): boolean {
  for (const requirement of selector) if (!holds(requirement, labels?.[requirement.key])) return false;
  return true;
}

function holds({ operator, values }: LabelRequirement, value: string | undefined): boolean {
  switch (operator) {
    case '=':
    case 'in':
      return value !== undefined && values.includes(value);
    case '!=':
    case 'notin':
      return value === undefined || !values.includes(value);
    case 'exists':
      return value !== undefined;
    case 'absent':
      return value === undefined;
    case '>':
      return value !== undefined && /^-?\d+$/.test(value) && BigInt(value) > BigInt(values[0] ?? 0);
    case '<':
      return value !== undefined && /^-?\d+$/.test(value) && BigInt(value) < BigInt(values[0] ?? 0);
  }
}

/** The canonical text: sorted by key, as `scale.status.selector` shows it. */
export function formatLabelSelector(selector: LabelSelector): string {
  const sorted = [...selector].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return sorted.map(formatRequirement).join(',');
}

function formatRequirement({ key, operator, values }: LabelRequirement): string {
  switch (operator) {
    case 'exists':
      return key;
    case 'absent':
      return `!${key}`;
    case 'in':
    case 'notin':
      return `${key} ${operator} (${[...values].sort().join(',')})`;
    default:
      return `${key}${operator}${values[0] ?? ''}`;
  }
}

const OPERATORS: Readonly<Record<string, LabelOperator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: 'absent',
};

/**
 * The selector that an object's `LabelSelector` stands for. Undefined (selects nothing) for an absent one; an empty one
 * selects everything. Throws `StatusError` 400 for an unknown operator.
 */
export function labelSelectorOf(object: LabelSelectorObject | null | undefined): LabelSelector | undefined {
  if (object === undefined || object === null) return undefined;
  const fromLabels = Object.entries(object.matchLabels ?? {}).map(
    ([key, value]): LabelRequirement => ({ key, operator: '=', values: [value] }),
  );
  const fromExpressions = (object.matchExpressions ?? []).map(({ key, operator, values }): LabelRequirement => {
    const known = OPERATORS[operator];
    if (known === undefined) throw badRequest(`"${operator}" is not a valid label selector operator`);
    return { key, operator: known, values: values ?? [] };
  });
  return [...fromLabels, ...fromExpressions];
}

/** The selector of a plain label map (`spec.selector` of a Service): every pair must be there. */
export function selectorFromLabels(labels: Readonly<Record<string, string>>): LabelSelector {
  return Object.entries(labels).map(([key, value]) => ({ key, operator: '=', values: [value] }));
}
