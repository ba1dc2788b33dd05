/**
 * The fields that a kubeconfig's entries have, in kubectl's reading of them: for `config view`, which shows nothing else, and
 * for `config set`, which sets one. After `client-go/tools/clientcmd/api`.
 */
import type { Fields } from './edit-text.ts';
import { readExtensions, shownExtensions } from './extensions.ts';

/** `data` is base64. The others are not for `config set`, as with kubectl. */
export type FieldKind = 'text' | 'boolean' | 'data' | 'extensions' | 'other';

interface Known {
  kind: FieldKind;
  /** Shown even where it is empty. */
  always?: true;
}

type KnownFields = Readonly<Record<string, Known>>;

const text: Known = { kind: 'text' };
const data: Known = { kind: 'data' };
const boolean: Known = { kind: 'boolean' };
const other: Known = { kind: 'other' };
const extensions: Known = { kind: 'extensions' };

// In kubectl's order, which its JSON has.

export const clusterFields: KnownFields = {
  server: { kind: 'text', always: true },
  'tls-server-name': text,
  'insecure-skip-tls-verify': boolean,
  'certificate-authority': text,
  'certificate-authority-data': data,
  'proxy-url': text,
  'disable-compression': boolean,
  extensions,
};

export const contextFields: KnownFields = {
  cluster: { kind: 'text', always: true },
  user: { kind: 'text', always: true },
  namespace: text,
  extensions,
};

export const userFields: KnownFields = {
  'client-certificate': text,
  'client-certificate-data': data,
  'client-key': text,
  'client-key-data': data,
  token: text,
  tokenFile: text,
  as: text,
  'as-uid': text,
  'as-groups': other,
  'as-user-extra': other,
  username: text,
  password: text,
  'auth-provider': other,
  exec: other,
  extensions,
};

/** The fields that count, of which each has a value or is always shown. */
export function shownFields(fields: Fields, known: KnownFields): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  for (const [name, { kind, always }] of Object.entries(known)) {
    const value =
      kind === 'extensions' ? shownExtensions(readExtensions(fields[name])) : shownField(name, fields[name]);
    if (!isEmpty(value)) shown[name] = value;
    else if (always === true) shown[name] = '';
  }
  return shown;
}

function shownField(name: string, value: unknown): unknown {
  return name === 'exec' ? shownExec(value) : value;
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === false) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/** What versions before v1 leave out has a default. */
function shownExec(exec: unknown): unknown {
  if (typeof exec !== 'object' || exec === null) return undefined;
  const { apiVersion, args, command, env, installHint, interactiveMode, provideClusterInfo }: Fields = { ...exec };
  const older = typeof apiVersion === 'string' && /v1(alpha|beta)1$/.test(apiVersion);
  const mode = interactiveMode ?? (older ? 'IfAvailable' : undefined);
  return {
    command: command ?? '',
    args: Array.isArray(args) ? args : null,
    env: Array.isArray(env) ? env : null,
    ...(apiVersion ? { apiVersion } : {}),
    ...(installHint ? { installHint } : {}),
    provideClusterInfo: provideClusterInfo === true,
    ...(mode ? { interactiveMode: mode } : {}),
  };
}
