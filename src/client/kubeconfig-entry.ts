/** Reading the fields of one named entry of a kubeconfig: every complaint names file, entry and context. */
import { dirname, resolve } from 'node:path';
import { isRecord } from '../lib/is-record.ts';
import { ConfigError } from './client-config.ts';

/** One named entry with the file it came from: relative paths in it are relative to that file. */
export interface KubeconfigEntry {
  kind: 'context' | 'cluster' | 'user';
  name: string;
  file: string;
  fields: Readonly<Record<string, unknown>>;
  /** The context through which it was chosen, for messages. */
  usedBy?: string;
}

/** `what` is a clause: `"token" must be a text`. It must hold no secret. */
export function entryError(entry: KubeconfigEntry, what: string): ConfigError {
  const by = entry.usedBy === undefined ? '' : ` (used by context "${entry.usedBy}")`;
  return new ConfigError(`In the kubeconfig ${entry.file}, ${entry.kind} "${entry.name}"${by}: ${what}.`);
}

/** Undefined for what is absent, null or empty. */
export function textField(entry: KubeconfigEntry, field: string): string | undefined {
  return textOf(entry, entry.fields, field);
}

/** As `textField`, of a mapping inside of the entry; `path` leads to the mapping: `exec.`. */
export function textOf(
  entry: KubeconfigEntry,
  fields: Readonly<Record<string, unknown>>,
  field: string,
  path = '',
): string | undefined {
  const value = fields[field];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw entryError(entry, `"${path}${field}" must be a text`);
  return value;
}

export function booleanField(entry: KubeconfigEntry, field: string): boolean {
  return booleanOf(entry, entry.fields, field);
}

export function booleanOf(
  entry: KubeconfigEntry,
  fields: Readonly<Record<string, unknown>>,
  field: string,
  path = '',
): boolean {
  const value = fields[field] ?? false;
  if (typeof value !== 'boolean') throw entryError(entry, `"${path}${field}" must be true or false`);
  return value;
}

/** Empty where it is absent or null. */
export function mappingField(entry: KubeconfigEntry, field: string): Readonly<Record<string, unknown>> {
  const value = entry.fields[field] ?? {};
  if (!isRecord(value)) throw entryError(entry, `"${field}" must be a mapping`);
  return value;
}

export function textListOf(
  entry: KubeconfigEntry,
  fields: Readonly<Record<string, unknown>>,
  field: string,
  path = '',
): string[] {
  const value = fields[field] ?? [];
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) {
    throw entryError(entry, `"${path}${field}" must be a list of texts`);
  }
  return value;
}

/** A path of the entry, which is relative to its file. */
export function pathIn(entry: KubeconfigEntry, path: string): string {
  return resolve(dirname(entry.file), path);
}
