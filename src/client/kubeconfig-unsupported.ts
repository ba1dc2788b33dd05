/** Fields of a kubeconfig that would change who the user is or where requests go, and that are not supported. */
import type { KubeconfigEntry } from './kubeconfig-entry.ts';
import { entryError } from './kubeconfig-entry.ts';

const unsupported = {
  context: {},
  cluster: {},
  user: { 'auth-provider': 'an auth provider' },
} as const;

/** Throws where the entry that is to be used has such a field: leaving it out silently would connect as somebody else. */
export function refuseUnsupported(entry: KubeconfigEntry): void {
  for (const [field, what] of Object.entries(unsupported[entry.kind])) {
    const value = entry.fields[field];
    if (value === undefined || value === null || value === '') continue;
    throw entryError(
      entry,
      `"${field}" asks for ${what}, which is not supported yet: use a context with a client certificate or a token`,
    );
  }
}
