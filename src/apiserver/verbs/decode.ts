/** From a request's body to an object of the kind that the path names. */
import type { GroupVersionKind } from '../../api/group-version.ts';
import { formatApiVersion } from '../../api/group-version.ts';
import type { KubeObject } from '../../api/object.ts';
import { badRequest } from '../../api/status.ts';
import type { Exchange } from '../exchange.ts';
import { readDocument } from '../request-body.ts';
import { conformTo } from './conform-to.ts';
import { readFieldValidation } from './parameters.ts';

/** Throws `StatusError` 400 when there is no body, it is of another kind, or (fieldValidation=Strict) has unknown fields. */
export async function decodeObject(
  exchange: Exchange,
  expected: GroupVersionKind,
  options: string,
): Promise<KubeObject> {
  const validation = readFieldValidation(exchange.query, options);
  const document = await readDocument(exchange, validation !== 'Ignore');
  if (document === undefined) throw badRequest(`the request has no body: a ${expected.kind} was expected`);
  return conformTo(exchange, withKind(document.value, expected), expected, validation, document.complaints);
}

/** The document as an object whose apiVersion and kind are those expected; absent ones are filled in. Throws 400. */
export function withKind(value: unknown, expected: GroupVersionKind): Record<string, unknown> {
  const apiVersion = formatApiVersion(expected);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw badRequest(`the body of the request is no object: a ${expected.kind} was expected`);
  }
  const { kind = '', apiVersion: version = '' } = value as { kind?: unknown; apiVersion?: unknown };
  if (kind !== '' && kind !== expected.kind) {
    throw badRequest(
      `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${expected.kind}: the path and the kind do not match`,
    );
  }
  if (version !== '' && version !== apiVersion) {
    throw badRequest(
      `the API version in the data (${version}) does not match the expected API version (${apiVersion})`,
    );
  }
  return { ...value, kind: expected.kind, apiVersion };
}
