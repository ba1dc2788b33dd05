/** Whom the API server takes the user for. */
import { StatusError } from '../../../api/status.ts';
import type { SelfSubjectReview } from '../../../api/types/authentication-v1.ts';
import { failed, type OpenedCluster, type Outcome, ok } from '../check.ts';

export async function checkCredentials({ client, config }: OpenedCluster, signal: AbortSignal): Promise<Outcome> {
  const user = config.origin?.user;
  try {
    const review = await client
      .resource<SelfSubjectReview>('authentication.k8s.io/v1', 'selfsubjectreviews')
      .create({ apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview', metadata: {} }, { signal });
    const { username = 'nobody', groups = [] } = review.status?.userInfo ?? {};
    if (username === 'system:anonymous')
      return failed(
        'the API server takes you for nobody (system:anonymous): no credentials are sent',
        'fairlead config view --minify',
      );
    return ok(`you are ${username}${groups.length === 0 ? '' : `, of ${groups.join(', ')}`}`);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    // Servers before 1.28 do not tell; those that know nobody refuse with 401, and others with 403.
    if (error.code === 404) return ok('they are taken; by what name is not told');
    const fix = user === undefined ? undefined : `fairlead config set-credentials ${user} --help`;
    if (error.code === 401)
      return failed(
        'the API server does not know who you are (401): the credentials of this context are missing, wrong or expired',
        fix,
      );
    return failed(`the API server does not say who you are: ${error.message}`, fix);
  }
}
