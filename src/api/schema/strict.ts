/** Field validation: what a client is told about fields that a kind does not have or that a document has twice. */
import type { KubeObject } from '../object.ts';
import type { StatusError } from '../status.ts';
import { badRequest } from '../status.ts';
import { conform, undecodable } from './conform.ts';
import { findDuplicateFields } from './duplicates.ts';
import type { ObjectSchema } from './schema.ts';

/** `unknown field "spec.foo"` for every field that the kind lacks. Throws a 400 `StatusError` for wrong JSON types. */
export function checkFields(object: unknown, schema: ObjectSchema): string[] {
  return conform(object, schema).complaints;
}

/** The object without unknown fields and in the form that is kept. Throws as `checkFields` does. */
export function pruneFields(object: unknown, schema: ObjectSchema): KubeObject {
  return conform(object, schema).object;
}

export interface ParsedJson {
  value: unknown;
  /** `duplicate field "spec.replicas"`; of duplicate keys the last one counts. */
  complaints: string[];
}

/** Parses JSON and finds keys that an object has twice. Throws a 400 `StatusError` for what is not JSON. */
export function parseJsonStrict(text: string): ParsedJson {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw badRequest(`the body is not valid JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  return { value, complaints: findDuplicateFields(text).map((path) => `duplicate field "${path}"`) };
}

/** The 400 that fieldValidation=Strict answers with, from the complaints of the functions above. */
export function strictDecodingError(
  { kind, version }: { kind: string; version: string },
  complaints: readonly string[],
): StatusError {
  return undecodable(kind, version, `strict decoding error: ${complaints.join(', ')}`);
}
