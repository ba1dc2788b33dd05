/** `authentication.k8s.io/v1`: who am I, whose token is this, and a token for a service account. */
import type { KubeObject } from '../../api/object.ts';
import type { FieldError } from '../../api/status.ts';
import { badRequest, conflict, invalid, isReason, notFound } from '../../api/status.ts';
import type { BoundObjectReference, TokenRequest, TokenReview } from '../../api/types/authentication-v1.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import type { ObjectReader } from '../connect/connector.ts';
import type { VirtualRequest, VirtualResource } from '../resources/virtual-resource.ts';
import type { ServiceAccountTokenCheck } from './service-account-authenticator.ts';
import type { KubernetesClaims, ObjectIdentity, TokenSigner } from './service-account-token.ts';
import { tokenIssuer } from './service-account-token.ts';
import type { Authenticator, UserInfo } from './types.ts';

const group = 'authentication.k8s.io';
const version = 'v1';

export interface TokenReviewOptions {
  store: ObjectReader;
  signer: TokenSigner;
  checkToken: ServiceAccountTokenCheck;
  /** For tokens that are no service account's. */
  otherTokens: Authenticator;
}

export function tokenReviews(options: TokenReviewOptions): VirtualResource[] {
  return [
    {
      ...names('SelfSubjectReview'),
      create: async ({ object, user }) => ({ ...object, status: { userInfo: userInfoOf(user) } }),
    },
    { ...names('TokenReview'), create: ({ object }) => reviewToken(options, object as TokenReview) },
    {
      group: '',
      version: 'v1',
      plural: 'serviceaccounts',
      singular: '',
      subresource: 'token',
      namespaced: true,
      objectKind: { group, version, kind: 'TokenRequest' },
      create: (request) => issueToken(options, request),
    },
  ];
}

function names(kind: string) {
  const singular = kind.toLowerCase();
  return { group, version, plural: `${singular}s`, singular, namespaced: false, objectKind: { group, version, kind } };
}

function userInfoOf({ name, uid, groups, extra }: UserInfo): object {
  return {
    username: name,
    ...(uid === undefined ? {} : { uid }),
    groups,
    ...(extra === undefined ? {} : { extra }),
  };
}

async function reviewToken({ checkToken, otherTokens }: TokenReviewOptions, review: TokenReview): Promise<KubeObject> {
  const { token = '', audiences } = review.spec ?? {};
  if (token === '') throw badRequest('token is required for TokenReview in authentication');
  try {
    const asked = audiences === undefined || audiences.length === 0 ? [tokenIssuer] : audiences;
    const verdict = await checkToken(token, asked);
    if (verdict !== undefined) {
      const groups = [...verdict.user.groups, 'system:authenticated'];
      const user = userInfoOf({ ...verdict.user, groups });
      return { ...review, status: { authenticated: true, user, audiences: verdict.audiences } } as KubeObject;
    }
    const user = await otherTokens({ bearerToken: token });
    // Static tokens are good for this server only.
    if (user !== undefined && asked.includes(tokenIssuer)) {
      return {
        ...review,
        status: { authenticated: true, user: userInfoOf(user), audiences: [tokenIssuer] },
      } as KubeObject;
    }
  } catch (error) {
    if (!isReason(error, 'Unauthorized')) throw error;
  }
  return { ...review, status: { user: {}, error: 'invalid bearer token' } } as KubeObject;
}

const defaultSeconds = 3600;
/** What the API server puts into pods asks for this long, and gets a year for clients that never read the file again. */
const podTokenSeconds = 3607;
const extendedSeconds = 365 * 24 * 3600;

async function issueToken({ store, signer }: TokenReviewOptions, request: VirtualRequest): Promise<KubeObject> {
  const { namespace, name, now } = request;
  const object = request.object as TokenRequest;
  const { audiences = [], expirationSeconds = defaultSeconds, boundObjectRef } = object.spec ?? {};
  checkLifetime(expirationSeconds, name);
  const account = await find(store, 'serviceaccounts', namespace, name);
  const claims: KubernetesClaims = { namespace, serviceaccount: identityOf(account) };
  if (boundObjectRef !== undefined) Object.assign(claims, await boundClaims(store, namespace, name, boundObjectRef));
  const seconds = Math.floor(now.getTime() / 1000);
  const own = audiences.length === 0 || (audiences.length === 1 && audiences[0] === tokenIssuer);
  const extended = own && claims.pod !== undefined && expirationSeconds === podTokenSeconds;
  if (extended) claims.warnafter = seconds + podTokenSeconds;
  const granted = audiences.length === 0 ? [tokenIssuer] : audiences;
  const token = signer.sign({
    aud: granted,
    iat: seconds,
    nbf: seconds,
    exp: seconds + (extended ? extendedSeconds : expirationSeconds),
    'kubernetes.io': claims,
  });
  const expirationTimestamp = `${new Date((seconds + expirationSeconds) * 1000).toISOString().slice(0, 19)}Z`;
  const metadata = { name, namespace, creationTimestamp: `${now.toISOString().slice(0, 19)}Z` };
  const spec = { ...object.spec, audiences: granted, expirationSeconds, boundObjectRef: boundObjectRef ?? null };
  const { apiVersion, kind } = object;
  return { kind, apiVersion, metadata, spec, status: { token, expirationTimestamp } } as KubeObject;
}

function checkLifetime(seconds: number, name: string): void {
  const complain = (why: string): FieldError => ({
    reason: 'FieldValueInvalid',
    field: 'spec.expirationSeconds',
    message: `Invalid value: ${seconds}: ${why}`,
  });
  const errors: FieldError[] = [];
  if (seconds < 600) errors.push(complain('may not specify a duration less than 10 minutes'));
  if (seconds > 2 ** 32) errors.push(complain('may not specify a duration larger than 2^32 seconds'));
  if (errors.length > 0) throw invalid({ group, version, kind: 'TokenRequest' }, name, errors);
}

async function find(store: ObjectReader, resource: string, namespace: string, name: string): Promise<KubeObject> {
  const object: KubeObject | undefined = await store.get({ group: '', resource }, namespace, name);
  if (object === undefined) throw notFound({ group: '', resource }, name);
  return object;
}

function identityOf({ metadata: { name = '', uid = '' } }: KubeObject): ObjectIdentity {
  return { name, uid };
}

async function boundClaims(
  store: ObjectReader,
  namespace: string,
  account: string,
  { apiVersion, kind, name = '', uid }: BoundObjectReference,
): Promise<Partial<KubernetesClaims>> {
  const claim = apiVersion === 'v1' ? ({ Pod: 'pod', Secret: 'secret', Node: 'node' } as const)[kind ?? ''] : undefined;
  if (claim === undefined) {
    throw invalid({ group, version, kind: 'TokenRequest' }, account, [
      {
        reason: 'FieldValueInvalid',
        field: 'spec.boundObjectRef',
        message: `Invalid value: ${JSON.stringify(`${apiVersion}, Kind=${kind}`)}: cannot bind token to this kind of object; it must be a v1 Pod, Secret or Node`,
      },
    ]);
  }
  const resource = `${claim}s`;
  const object = await find(store, resource, claim === 'node' ? '' : namespace, name);
  if (uid !== undefined && uid !== '' && uid !== object.metadata.uid) {
    const why = `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`;
    throw conflict({ group: '', resource }, name, why);
  }
  if (claim !== 'pod') return { [claim]: identityOf(object) };
  const { serviceAccountName = 'default', nodeName } = (object as Pod).spec ?? {};
  if (serviceAccountName !== account) {
    throw invalid({ group, version, kind: 'TokenRequest' }, account, [
      {
        reason: 'FieldValueInvalid',
        field: 'spec.boundObjectRef',
        message: `Invalid value: ${JSON.stringify(name)}: cannot bind token for serviceaccount ${JSON.stringify(account)} to pod running with different serviceaccount name.`,
      },
    ]);
  }
  const node: KubeObject | undefined =
    nodeName === undefined ? undefined : await store.get({ group: '', resource: 'nodes' }, '', nodeName);
  return { pod: identityOf(object), ...(node === undefined ? {} : { node: identityOf(node) }) };
}
