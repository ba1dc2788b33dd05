/** Query parameters that verbs share, read with Kubernetes' rules and refused in its words. */

import { isTrue } from '../../api/query-boolean.ts';
import type { FieldError } from '../../api/status.ts';
import { badRequest, invalid } from '../../api/status.ts';
import { complainAboutFieldManager } from '../../api/validation/field-manager.ts';
import type { Exchange } from '../exchange.ts';

/** True for `dryRun=All`. Throws 422 for any other value. */
export function readDryRun(values: readonly string[], kind: string): boolean {
  const wrong = values.filter((value) => value !== 'All' && value !== '');
  if (wrong.length > 0) {
    throw invalidOptions(kind, [
      {
        reason: 'FieldValueNotSupported',
        field: 'dryRun',
        message: `Unsupported value: [${values.map((value) => JSON.stringify(value)).join(' ')}]: supported values: "All"`,
      },
    ]);
  }
  return values.includes('All');
}

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';

export function readFieldValidation(query: URLSearchParams, kind: string): FieldValidation {
  const value = query.get('fieldValidation') ?? '';
  if (value === '') return 'Warn';
  if (value === 'Ignore' || value === 'Warn' || value === 'Strict') return value;
  throw invalidOptions(kind, [
    {
      reason: 'FieldValueNotSupported',
      field: 'fieldValidation',
      message: `Unsupported value: ${JSON.stringify(value)}: supported values: "", "Ignore", "Strict", "Warn"`,
    },
  ]);
}

/** Throws 422 for a name that no manager of fields may have. */
export function checkFieldManager(query: URLSearchParams, kind: string): void {
  const errors = complainAboutFieldManager(query.get('fieldManager') ?? '', 'fieldManager');
  if (errors.length > 0) throw invalidOptions(kind, errors);
}

/** 422 about options such as `ListOptions`, which have no name. */
export function invalidOptions(kind: string, errors: readonly FieldError[]) {
  return invalid({ group: 'meta.k8s.io', version: 'v1', kind }, '', errors);
}

/** A whole number of at least zero; undefined when absent. */
export function readNumber(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (!/^\d{1,15}$/.test(text)) {
    throw badRequest(`the query parameter ${name} must be a whole number, not ${JSON.stringify(text)}`);
  }
  return Number(text);
}

export function readBoolean(query: URLSearchParams, name: string): boolean | undefined {
  const text = query.get(name);
  return text === null ? undefined : isTrue(text);
}

/** A resourceVersion; undefined when absent or empty. Throws 400 for what is no number. */
export function readRevision(text: string | null, field = 'resourceVersion'): number | undefined {
  if (text === null || text === '') return undefined;
  if (!/^\d{1,15}$/.test(text)) throw badRequest(`Invalid value: ${JSON.stringify(text)}: ${field} must be a number`);
  return Number(text);
}

const COMMON = ['pretty', 'timeout', 'timeoutSeconds'];
/** Known to Kubernetes, and not supported here: taking them for granted would give wrong answers. */
const UNSUPPORTED: ReadonlySet<string> = new Set(['shardSelector', 'ignoreStoreReadErrorWithClusterBreakingPotential']);

/** Refuses parameters that Kubernetes has and this server does not; warns of those that nobody knows. */
export function checkParameters({ query, warnings }: Exchange, known: readonly string[]): void {
  for (const name of query.keys()) {
    if (known.includes(name) || COMMON.includes(name)) continue;
    if (UNSUPPORTED.has(name)) throw badRequest(`the query parameter ${name} is not supported by this server`);
    warnings.push(`unknown query parameter ${JSON.stringify(name)} was ignored`);
  }
}
