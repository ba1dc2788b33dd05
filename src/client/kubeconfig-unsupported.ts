/** Fields of a kubeconfig that would change who the user is or where requests go, and that are not supported. */
import { ConfigError } from './client-config.ts';
import type { KubeconfigEntry } from './kubeconfig-file.ts';

const unsupported = {
  cluster: { 'proxy-url': 'a proxy on the way to the cluster' },
  user: {
    exec: 'credentials from a command',
    'auth-provider': 'an auth provider',
    username: 'a user name and password',
    password: 'a user name and password',
    as: 'impersonation',
    'as-uid': 'impersonation',
    'as-groups': 'impersonation',
    'as-user-extra': 'impersonation',
  },
} as const;

/** Throws where the entry that is to be used has such a field: leaving it out silently would connect as somebody else. */
export function refuseUnsupported(
  kind: keyof typeof unsupported,
  entry: KubeconfigEntry,
  context: KubeconfigEntry | undefined,
): void {
  for (const [field, what] of Object.entries(unsupported[kind])) {
    const value = entry.fields[field];
    if (value === undefined || value === null || value === '') continue;
    const by = context === undefined ? '' : `, used by context "${context.name}"`;
    throw new ConfigError(
      `The kubeconfig ${entry.file} has ${what} ("${field}" of ${kind} "${entry.name}"${by}), which is not supported yet. Use a context with a client certificate or a token.`,
    );
  }
}
