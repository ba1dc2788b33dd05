/** Paths and queries of the Kubernetes API. */
import type { ListQuery, ResourceCall } from './cluster-client.ts';

/**
 * A name in a path: names that would change the path's meaning are refused before anything is sent, and what is none, which
 * a program may have by `object.metadata.name!`.
 */
export function segment(text: string | undefined, what: string): string {
  if (typeof text !== 'string' || text === '' || text === '.' || text === '..' || /[/%]/.test(text)) {
    throw new TypeError(`${JSON.stringify(text)} cannot be a ${what} in the Kubernetes API`);
  }
  return encodeURIComponent(text);
}

export function listParameters(query: ListQuery): URLSearchParams {
  const parameters = new URLSearchParams();
  for (const field of [
    'labelSelector',
    'fieldSelector',
    'continue',
    'resourceVersion',
    'resourceVersionMatch',
  ] as const) {
    const value = query[field];
    if (value !== undefined && value !== '') parameters.set(field, value);
  }
  if (query.limit !== undefined) parameters.set('limit', String(query.limit));
  return parameters;
}

export function queryString(parameters: URLSearchParams): string {
  return parameters.size === 0 ? '' : `?${parameters}`;
}

export function writeParameters({
  dryRun,
  fieldManager,
  fieldValidation,
  force,
}: Pick<ResourceCall, 'dryRun' | 'fieldManager' | 'fieldValidation' | 'force'>): URLSearchParams {
  const parameters = new URLSearchParams();
  if (dryRun === true) parameters.set('dryRun', 'All');
  if (fieldManager !== undefined) parameters.set('fieldManager', fieldManager);
  if (fieldValidation !== undefined) parameters.set('fieldValidation', fieldValidation);
  if (force !== undefined) parameters.set('force', String(force));
  return parameters;
}
