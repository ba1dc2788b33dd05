/** How the embedded cluster's API server decides: its authenticators, authorizers, admission plugins and reviews. */
import type { KeyObject } from 'node:crypto';
import { namespaceLifecycle } from '../admission/namespace-lifecycle.ts';
import { podDefaults } from '../admission/pod-defaults.ts';
import { serviceAccountAdmission } from '../admission/service-account.ts';
import type { ServiceAddressOptions } from '../admission/service-addresses.ts';
import { serviceAddresses } from '../admission/service-addresses.ts';
import { accessReviews } from '../auth/access-reviews.ts';
import { clientCertificateAuthenticator, firstOf } from '../auth/authenticators.ts';
import { firstDecision, mastersAuthorizer, rbacAuthorizer } from '../auth/authorizers.ts';
import { rbacEscalationCheck } from '../auth/escalation.ts';
import type { PolicyFactory } from '../auth/policy.ts';
import { serviceAccountTokenCheck } from '../auth/service-account-authenticator.ts';
import { tokenSigner } from '../auth/service-account-token.ts';
import { staticTokenAuthenticator } from '../auth/static-tokens.ts';
import { tokenReviews } from '../auth/token-reviews.ts';
import { podBinding, podEviction } from '../resources/pod-subresources.ts';

export interface PolicyOptions extends ServiceAddressOptions {
  /** Signs service account tokens: `Pki.serviceAccountKey`. */
  serviceAccountKey: KeyObject;
  /** A file of static tokens, read already; `source` is how messages call it. */
  tokens?: { csv: string; source: string };
  now?(): Date;
}

/** Throws `TokenFileError`. The result is called once, with the server's own reader. */
export function controlPlanePolicy(options: PolicyOptions): PolicyFactory {
  const { serviceAccountKey, tokens, now = () => new Date() } = options;
  const staticTokens = tokens === undefined ? [] : [staticTokenAuthenticator(tokens.csv, tokens.source)];
  return (store) => {
    const signer = tokenSigner(serviceAccountKey);
    const checkToken = serviceAccountTokenCheck({ signer, store, now });
    const authorizer = firstDecision([mastersAuthorizer, rbacAuthorizer(store)]);
    return {
      authenticator: firstOf([
        clientCertificateAuthenticator,
        ...staticTokens,
        async ({ bearerToken }) => (bearerToken === undefined ? undefined : (await checkToken(bearerToken))?.user),
      ]),
      authorizer,
      admission: [
        namespaceLifecycle(store),
        serviceAccountAdmission(store),
        podDefaults,
        serviceAddresses(store, options),
        rbacEscalationCheck(store, authorizer),
      ],
      virtual: [
        ...accessReviews(authorizer, store),
        ...tokenReviews({ store, signer, checkToken, otherTokens: firstOf(staticTokens) }),
        podBinding,
        podEviction,
      ],
    };
  };
}
