/** How one context is, in words for people: what is wrong and what to do. */
import { StatusError } from '../api/status.ts';
import { ConfigError } from '../client/client-config.ts';
import { ConnectionError } from '../client/connection-error.ts';
import { CredentialError } from '../client/credentials.ts';

export interface ContextTrouble {
  /** `login`: it does not know who asks. `rights`: it knows, and refuses. */
  kind: 'unreachable' | 'login' | 'rights' | 'other';
  /** A sentence. */
  text: string;
  /** What to do, where the sentence does not say it. */
  next?: string;
}

export type ContextState =
  | { kind: 'starting' }
  /** All that there is has been told. */
  | { kind: 'live' }
  | { kind: 'trouble'; trouble: ContextTrouble };

const longest = 600;

export function troubleOf(error: unknown): ContextTrouble {
  const text = sentence(error instanceof Error ? error.message : String(error));
  const cause = error instanceof Error && error.cause instanceof StatusError ? error.cause : error;
  if (error instanceof CredentialError || (cause instanceof StatusError && cause.code === 401)) {
    const next =
      error instanceof CredentialError
        ? 'The gateway tries again by itself, with what the login gives then.'
        : 'Log in again with the tool that made this context; the gateway tries again by itself.';
    return { kind: 'login', text, next };
  }
  if (cause instanceof StatusError && cause.code === 403) {
    return {
      kind: 'rights',
      text,
      next: 'Ask for the right to list and watch services and endpointslices, or set a namespace in this context.',
    };
  }
  if (error instanceof ConnectionError) {
    return { kind: 'unreachable', text, next: 'The gateway tries again by itself.' };
  }
  if (error instanceof ConfigError)
    return { kind: 'other', text, next: 'Mend the kubeconfig, then start the gateway anew.' };
  return { kind: 'other', text };
}

function sentence(text: string): string {
  const cut = text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
  return /[.!?…]$/.test(cut) ? cut : `${cut}.`;
}
