/**
 * Tokens of service accounts: JWTs (RFC 7519) signed with ES256, with the claims of `pkg/serviceaccount/claims.go`.
 * Written with node:crypto alone: one signature form, known at both ends, needs no library.
 */
import type { KeyObject } from 'node:crypto';
import { createHash, createPublicKey, randomUUID, sign, verify } from 'node:crypto';

export const tokenIssuer = 'https://kubernetes.default.svc.cluster.local';

export interface ObjectIdentity {
  name: string;
  uid: string;
}

export interface KubernetesClaims {
  namespace: string;
  serviceaccount: ObjectIdentity;
  pod?: ObjectIdentity;
  node?: ObjectIdentity;
  secret?: ObjectIdentity;
  /** From this second on the token should have been renewed. */
  warnafter?: number;
}

/** Times are seconds since the epoch. */
export interface TokenClaims {
  aud: readonly string[];
  exp: number;
  iat: number;
  iss: string;
  jti: string;
  nbf: number;
  sub: string;
  'kubernetes.io': KubernetesClaims;
}

export interface TokenSigner {
  sign(claims: Omit<TokenClaims, 'iss' | 'jti' | 'sub'>): string;
  /** Undefined: not a token of this issuer. A claims object only when signature and form are right; times are not checked. */
  verify(token: string): TokenClaims | 'invalid' | undefined;
}

/** `key`: an ECDSA P-256 private key. */
export function tokenSigner(key: KeyObject): TokenSigner {
  const publicKey = createPublicKey(key);
  const keyId = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64url');
  const header = encode({ alg: 'ES256', kid: keyId });
  return {
    sign(claims) {
      const { namespace, serviceaccount } = claims['kubernetes.io'];
      const body = encode({
        ...claims,
        iss: tokenIssuer,
        jti: randomUUID(),
        sub: `system:serviceaccount:${namespace}:${serviceaccount.name}`,
      });
      const signature = sign('sha256', Buffer.from(`${header}.${body}`), { key, dsaEncoding: 'ieee-p1363' });
      return `${header}.${body}.${signature.toString('base64url')}`;
    },
    verify(token) {
      const parts = token.split('.');
      const [head = '', body = '', signature = ''] = parts;
      if (parts.length !== 3) return undefined;
      const claims = decode(body);
      if (claims === undefined || Reflect.get(claims, 'iss') !== tokenIssuer) return undefined;
      const heading = decode(head);
      if (heading === undefined || Reflect.get(heading, 'alg') !== 'ES256') return 'invalid';
      const right = verify(
        'sha256',
        Buffer.from(`${head}.${body}`),
        { key: publicKey, dsaEncoding: 'ieee-p1363' },
        Buffer.from(signature, 'base64url'),
      );
      return right && isTokenClaims(claims) ? claims : 'invalid';
    },
  };
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function decode(part: string): object | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The signature proves that this server wrote it; the form is checked against claims of other versions. */
function isTokenClaims(claims: object): claims is TokenClaims {
  const of = (name: string): unknown => Reflect.get(claims, name);
  const own = of('kubernetes.io');
  if (typeof own !== 'object' || own === null) return false;
  const account: unknown = Reflect.get(own, 'serviceaccount');
  return (
    Array.isArray(of('aud')) &&
    ['exp', 'iat', 'nbf'].every((name) => typeof of(name) === 'number') &&
    typeof of('jti') === 'string' &&
    typeof Reflect.get(own, 'namespace') === 'string' &&
    typeof account === 'object' &&
    account !== null &&
    typeof Reflect.get(account, 'name') === 'string' &&
    typeof Reflect.get(account, 'uid') === 'string'
  );
}
