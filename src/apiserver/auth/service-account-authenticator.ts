/** Who a service account's token speaks for, as long as the account and what the token is bound to still exist. */

import type { KubeObject } from '../../api/object.ts';
import { unauthorized } from '../../api/status.ts';
import type { ObjectReader } from '../connect/connector.ts';
import { credentialIdKey } from './authenticators.ts';
import type { ObjectIdentity, TokenClaims, TokenSigner } from './service-account-token.ts';
import { tokenIssuer } from './service-account-token.ts';
import type { UserInfo } from './types.ts';

export interface ServiceAccountAuthenticatorOptions {
  signer: TokenSigner;
  store: ObjectReader;
  now(): Date;
}

export interface TokenVerdict {
  user: UserInfo;
  /** Those of the asked ones that the token is good for. */
  audiences: readonly string[];
}

/**
 * `audiences`: what the asker answers to; this server's own when absent. Undefined: not a token of this issuer.
 * Throws `StatusError` 401 for one that is not valid (any more).
 */
export type ServiceAccountTokenCheck = (
  token: string,
  audiences?: readonly string[],
) => Promise<TokenVerdict | undefined>;

/** Clocks of several servers may differ by this much. */
const leewaySeconds = 10;

export function serviceAccountTokenCheck({
  signer,
  store,
  now,
}: ServiceAccountAuthenticatorOptions): ServiceAccountTokenCheck {
  return async (token, audiences = [tokenIssuer]) => {
    const claims = signer.verify(token);
    if (claims === undefined) return undefined;
    if (claims === 'invalid') throw unauthorized();
    const seconds = now().getTime() / 1000;
    const common = claims.aud.filter((audience) => audiences.includes(audience));
    if (seconds > claims.exp + leewaySeconds || seconds < claims.nbf - leewaySeconds || common.length === 0) {
      throw unauthorized();
    }
    if (!(await boundObjectsExist(claims, store))) throw unauthorized();
    return { user: userOf(claims), audiences: common };
  };
}

async function boundObjectsExist({ 'kubernetes.io': claims }: TokenClaims, store: ObjectReader): Promise<boolean> {
  const { namespace, serviceaccount, pod, node, secret } = claims;
  const bound: [string, string, ObjectIdentity | undefined][] = [
    ['serviceaccounts', namespace, serviceaccount],
    ['pods', namespace, pod],
    ['secrets', namespace, secret],
    // A pod's token names the pod's node too, and stays valid when the node is registered anew.
    ['nodes', '', pod === undefined ? node : undefined],
  ];
  for (const [resource, where, identity] of bound) {
    if (identity === undefined) continue;
    const object: KubeObject | undefined = await store.get({ group: '', resource }, where, identity.name);
    if (object === undefined || object.metadata.uid !== identity.uid) return false;
  }
  return true;
}

function userOf({ jti, 'kubernetes.io': { namespace, serviceaccount, pod, node } }: TokenClaims): UserInfo {
  const key = (name: string) => `authentication.kubernetes.io/${name}`;
  return {
    name: `system:serviceaccount:${namespace}:${serviceaccount.name}`,
    uid: serviceaccount.uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`],
    extra: {
      [credentialIdKey]: [`JTI=${jti}`],
      ...(node === undefined ? {} : { [key('node-name')]: [node.name], [key('node-uid')]: [node.uid] }),
      ...(pod === undefined ? {} : { [key('pod-name')]: [pod.name], [key('pod-uid')]: [pod.uid] }),
    },
  };
}
