/** Flags as data: one table serves parsing, `--help` and shell completion. */
import type { CompletionSource } from './completion-source.ts';

export interface FlagSpec {
  type: 'string' | 'boolean' | 'integer' | 'list';
  description: string;
  /** One letter, for `-n`. */
  short?: string;
  /** What `--help` calls the value: `NAME`. Absent on booleans. */
  value?: string;
  /** Accepted values, where they are few. */
  choices?: readonly string[];
  /** The value of a string flag given without one (`-v`, `--dry-run`). */
  bare?: string;
  /** A list's value may hold several, separated by commas. */
  commas?: true;
  /** Where shell completion finds values; `choices` need none. */
  complete?: CompletionSource;
  /** Values that are only suggested by shell completion, where others are accepted too. */
  suggest?: readonly string[];
}

export type FlagTable = Readonly<Record<string, FlagSpec>>;

type FlagValue<F extends FlagSpec> = F['type'] extends 'boolean'
  ? boolean | undefined
  : F['type'] extends 'integer'
    ? number | undefined
    : F['type'] extends 'list'
      ? readonly string[]
      : string | undefined;

/** Values by flag name as written (`api-port`); an absent list is empty, anything else absent is undefined. */
export type FlagValues<T extends FlagTable> = { readonly [K in keyof T]: FlagValue<T[K]> };

/** kubectl's global flags: every command takes them. */
export const globalFlags = {
  kubeconfig: {
    type: 'string',
    value: 'FILE',
    description: 'kubeconfig file to use (default: $KUBECONFIG, then ~/.kube/config)',
    complete: 'files',
  },
  context: {
    type: 'string',
    value: 'NAME',
    description: 'context of the kubeconfig to use',
    complete: 'contexts',
  },
  cluster: {
    type: 'string',
    value: 'NAME',
    description: "cluster of the kubeconfig to use, instead of the context's",
    complete: 'clusters',
  },
  user: {
    type: 'string',
    value: 'NAME',
    description: "user of the kubeconfig to use, instead of the context's",
    complete: 'users',
  },
  namespace: {
    type: 'string',
    short: 'n',
    value: 'NAME',
    description: 'namespace of the request',
    complete: 'namespaces',
  },
  server: {
    type: 'list',
    short: 's',
    value: 'URL',
    description: 'address of the API server; given several times: of each API server of one cluster',
  },
  'discover-servers': {
    type: 'boolean',
    description: "find the cluster's other API servers through it, and use them too",
  },
  token: { type: 'string', value: 'TOKEN', description: 'bearer token for the API server' },
  as: { type: 'string', value: 'NAME', description: 'act as this user, or as system:serviceaccount:NAMESPACE:NAME' },
  'as-group': {
    type: 'list',
    value: 'GROUP',
    description: 'act as a member of this group; may be given several times',
  },
  'as-uid': { type: 'string', value: 'UID', description: 'act as the user of this UID' },
  'as-user-extra': {
    type: 'list',
    value: 'KEY=VALUE',
    description: 'act as a user with this extra value; may be given several times',
  },
  'certificate-authority': {
    type: 'string',
    value: 'FILE',
    description: "certificate authority of the API server's certificate",
    complete: 'files',
  },
  'client-certificate': {
    type: 'string',
    value: 'FILE',
    description: 'certificate to identify with, together with --client-key',
    complete: 'files',
  },
  'client-key': { type: 'string', value: 'FILE', description: 'key of --client-certificate', complete: 'files' },
  'tls-server-name': {
    type: 'string',
    value: 'NAME',
    description: "name that the API server's certificate must carry (default: the host of its address)",
  },
  'insecure-skip-tls-verify': {
    type: 'boolean',
    description: "do not check the API server's certificate: anybody in between can read and change everything",
  },
  'request-timeout': {
    type: 'string',
    value: 'TIME',
    description: 'give up on a single request after this time, and end a watch or a log (5s, 2m; 0: never)',
  },
  v: { type: 'string', short: 'v', value: 'LEVEL', description: 'log level: 6 and above show every request' },
} as const satisfies FlagTable;

export type GlobalFlags = FlagValues<typeof globalFlags>;
