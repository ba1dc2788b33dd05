/** The entry `exec` of a user: a command that makes credentials (client.authentication.k8s.io). */
import { sep } from 'node:path';
import { isRecord } from '../lib/is-record.ts';
import type { KubeconfigEntry } from './kubeconfig-entry.ts';
import { booleanOf, entryError, mappingField, pathIn, textListOf, textOf } from './kubeconfig-entry.ts';

export interface ExecPlugin {
  apiVersion: string;
  /** A name to be looked for on PATH, or an absolute path. */
  command: string;
  args: readonly string[];
  env: readonly Readonly<{ name: string; value: string }>[];
  interactiveMode: 'Never' | 'IfAvailable' | 'Always';
  provideClusterInfo: boolean;
  installHint?: string;
  entry: KubeconfigEntry;
}

const group = 'client.authentication.k8s.io';
const modes: readonly unknown[] = ['Never', 'IfAvailable', 'Always'] satisfies ExecPlugin['interactiveMode'][];

/** Undefined where the user has none. Throws ConfigError. */
export function execPluginOf(user: KubeconfigEntry): ExecPlugin | undefined {
  if (user.fields.exec === undefined || user.fields.exec === null) return undefined;
  const exec = mappingField(user, 'exec');
  const apiVersion = textOf(user, exec, 'apiVersion', 'exec.');
  if (apiVersion === `${group}/v1alpha1`) {
    throw entryError(
      user,
      `"exec.apiVersion" v1alpha1 is gone since Kubernetes 1.24: update the command, and write v1`,
    );
  }
  if (apiVersion !== `${group}/v1` && apiVersion !== `${group}/v1beta1`) {
    throw entryError(user, `"exec.apiVersion" must be ${group}/v1 or ${group}/v1beta1`);
  }
  const command = textOf(user, exec, 'command', 'exec.');
  if (command === undefined) throw entryError(user, 'it has "exec" without a command');
  const hint = textOf(user, exec, 'installHint', 'exec.');
  return {
    apiVersion,
    command: command.includes(sep) ? pathIn(user, command) : command,
    args: textListOf(user, exec, 'args', 'exec.'),
    env: variablesOf(user, exec.env),
    interactiveMode: modeOf(user, exec, apiVersion),
    provideClusterInfo: booleanOf(user, exec, 'provideClusterInfo', 'exec.'),
    ...(hint !== undefined && { installHint: hint }),
    entry: user,
  };
}

function modeOf(
  user: KubeconfigEntry,
  exec: Readonly<Record<string, unknown>>,
  apiVersion: string,
): ExecPlugin['interactiveMode'] {
  const mode = textOf(user, exec, 'interactiveMode', 'exec.');
  if (mode === undefined && apiVersion.endsWith('/v1beta1')) return 'IfAvailable';
  if (!isMode(mode)) throw entryError(user, `"exec.interactiveMode" must be one of ${modes.join(', ')}`);
  return mode;
}

function isMode(mode: unknown): mode is ExecPlugin['interactiveMode'] {
  return modes.includes(mode);
}

function variablesOf(user: KubeconfigEntry, list: unknown): ExecPlugin['env'] {
  if (list === undefined || list === null) return [];
  if (!Array.isArray(list)) throw entryError(user, '"exec.env" must be a list');
  return list.map((item: unknown) => {
    const fields = isRecord(item) ? item : {};
    const name = textOf(user, fields, 'name', 'exec.env.');
    const value = textOf(user, fields, 'value', 'exec.env.') ?? '';
    if (name === undefined || /[=\0]/.test(name) || value.includes('\0')) {
      throw entryError(user, '"exec.env" must have a name and a value in each item');
    }
    return { name, value };
  });
}
