/** The gateway has no credentials that the cluster takes: nothing is wrong with the server, and a login mends it. */
import { StatusError } from '../api/status.ts';
import { ConfigError } from '../client/client-config.ts';
import { CredentialError } from '../client/credentials.ts';
import type { Problem } from './problem.ts';

const otherTool = 'Log in again with the tool that made this context, then start the gateway anew.';

/** Undefined where something else is the matter. */
export function loginProblem(error: unknown): Problem | undefined {
  // Under the names of applications 401 would be taken for a matter of theirs.
  const answer = { code: 502, reason: 'Unauthorized' } as const;
  if (error instanceof CredentialError) {
    const message = `${error.message} The API server was not asked. ${error.next ?? otherTool}`;
    return { ...answer, title: 'The login to the cluster failed', message };
  }
  if (error instanceof ConfigError) {
    const message = `${error.message} The API server was not asked. Mend that, then try again.`;
    return { ...answer, title: 'The credentials for the cluster cannot be read', message };
  }
  if (error instanceof StatusError && error.code === 401) {
    const message = `The API server does not know who asks: the credentials of this context are missing, wrong or expired. ${otherTool}`;
    return { ...answer, title: 'The login to the cluster is not valid', message };
  }
  return undefined;
}
