/** What `config set-credentials` makes of a user's entry, by kubectl's rules. */
import { isRecord } from '../../lib/is-record.ts';
import { CommandError } from '../command.ts';
import type { Fields } from './edit-text.ts';
import { embeddedFile } from './embed-file.ts';
import { pathForFile } from './write-entry.ts';

export interface UserChange {
  'client-certificate': string | undefined;
  'client-key': string | undefined;
  'embed-certs': boolean | undefined;
  token: string | undefined;
  username: string | undefined;
  password: string | undefined;
  'auth-provider': string | undefined;
  'auth-provider-arg': readonly string[];
  'exec-command': string | undefined;
  'exec-api-version': string | undefined;
  'exec-arg': readonly string[];
  'exec-env': readonly string[];
  'exec-interactive-mode': string | undefined;
  'exec-provide-cluster-info': boolean | undefined;
}

/** Throws CommandError for what contradicts itself. */
export function checkUserChange(change: UserChange): void {
  if (change.token && (change.username || change.password)) {
    throw new CommandError(
      'you cannot specify more than one authentication method at the same time: --token, --username/--password',
    );
  }
  if (change['embed-certs'] === true && !change['client-certificate'] && !change['client-key']) {
    throw new CommandError('you must specify a --client-certificate or --client-key to embed');
  }
}

/** The entry's fields afterwards; those that are undefined go. Throws CommandError for files that cannot be read. */
export async function changedUser(
  fields: Fields,
  change: UserChange,
  place: { cwd: string; file: string },
): Promise<Fields> {
  const next: Record<string, unknown> = { ...fields };
  for (const field of ['client-certificate', 'client-key'] as const) {
    const path = change[field];
    if (path === undefined) continue;
    const embed = change['embed-certs'] === true && path !== '';
    next[`${field}-data`] = embed ? await embeddedFile(path, `--${field}`, place.cwd) : undefined;
    next[field] = embed || path === '' ? undefined : pathForFile(path, place);
  }
  for (const field of ['token', 'username', 'password'] as const) {
    if (change[field] !== undefined) next[field] = change[field];
  }
  // Another way to identify takes the place of the one before.
  if (change.token) next.username = next.password = undefined;
  else if (change.username || change.password) next.token = undefined;
  next['auth-provider'] = changedProvider(fields['auth-provider'], change);
  next.exec = changedExec(fields.exec, change);
  return next;
}

function changedProvider(old: unknown, change: UserChange): unknown {
  const name = change['auth-provider'];
  const kept = isRecord(old) && (name === undefined || old.name === name) ? old : undefined;
  if (kept === undefined && name === undefined) return old;
  const { set, remove } = parsePairs(change['auth-provider-arg'].flatMap(splitList), '--auth-provider-arg');
  if (kept !== undefined && set.size === 0 && remove.length === 0) return kept;
  const config = { ...(isRecord(kept?.config) ? kept.config : {}), ...Object.fromEntries(set) };
  for (const key of remove) delete config[key];
  return { ...kept, config, ...(name !== undefined && { name }) };
}

/** Settings of a command that there is none of are passed over, as kubectl does. */
function changedExec(old: unknown, change: UserChange): unknown {
  const command = change['exec-command'];
  if (!isRecord(old) && command === undefined) return old;
  const next: Record<string, unknown> = { ...(isRecord(old) ? old : {}) };
  if (command !== undefined) {
    next.command = command;
    next.args = undefined;
  }
  const args = change['exec-arg'].flatMap(splitList);
  if (args.length > 0) next.args = args;
  if (change['exec-api-version'] !== undefined) next.apiVersion = change['exec-api-version'];
  if (change['exec-interactive-mode'] !== undefined) next.interactiveMode = change['exec-interactive-mode'];
  const inform = change['exec-provide-cluster-info'];
  if (inform !== undefined) next.provideClusterInfo = inform;
  if (change['exec-env'].length > 0) next.env = changedEnvironment(next.env, change['exec-env']);
  return Object.fromEntries(Object.entries(next).filter(([, value]) => value !== undefined && value !== ''));
}

function changedEnvironment(old: unknown, pairs: readonly string[]): unknown[] {
  const { set, remove } = parsePairs(pairs, '--exec-env');
  const variables = (Array.isArray(old) ? old : [])
    .filter(isRecord)
    .filter(({ name }) => !remove.includes(String(name)));
  const changed = variables.map((variable) => {
    const value = set.get(String(variable.name));
    set.delete(String(variable.name));
    return value === undefined ? variable : { ...variable, value };
  });
  return [...changed, ...[...set].map(([name, value]) => ({ name, value }))];
}

function splitList(text: string): string[] {
  return text.split(',');
}

/** `key=value` sets, `key-` removes. */
function parsePairs(pairs: readonly string[], flag: string): { set: Map<string, string>; remove: string[] } {
  const set = new Map<string, string>();
  const remove: string[] = [];
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    if (equals > 0) set.set(pair.slice(0, equals), pair.slice(equals + 1));
    else if (equals < 0 && pair.length > 1 && pair.endsWith('-')) remove.push(pair.slice(0, -1));
    // Not the pair itself: it may be a secret.
    else throw new CommandError(`${flag} takes KEY=VALUE, or KEY- to remove it`);
  }
  const both = remove.find((key) => set.has(key));
  if (both !== undefined) throw new CommandError(`${flag} sets and removes "${both}"`);
  return { set, remove };
}
