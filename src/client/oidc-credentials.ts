/** Credentials from a login by OpenID Connect: the id-token of the kubeconfig, renewed with its refresh-token. */
import { SharedWork } from '../lib/shared-work.ts';
import type { CredentialSource, Credentials } from './credentials.ts';
import { bearer, CredentialError } from './credentials.ts';
import type { OidcConfig } from './oidc-config.ts';
import { OidcFailure, refreshTokens } from './oidc-requests.ts';

/** New values of a user's `auth-provider.config`, to be written into its kubeconfig. */
export interface LoginUpdate {
  kubeconfig: string;
  user: string;
  /** `id-token`, and `refresh-token` where it was replaced. */
  settings: Readonly<Record<string, string>>;
}

export interface OidcOptions {
  env: Readonly<Record<string, string | undefined>>;
  /** Issuers may take a refresh-token once only: the new one must be kept, or the user has to log in again. */
  saveLogin?: ((update: LoginUpdate) => Promise<void>) | undefined;
}

/** A token is renewed this long before its end, for clocks that differ and requests on their way. */
const marginMs = 10_000;
const limitMs = 60_000;
/** A token that is new and refused all the same is not a matter of its age: it is not replaced again within this time. */
const renewalPauseMs = 30_000;

export function oidcCredentials(config: OidcConfig, { env, saveLogin }: OidcOptions): CredentialSource {
  const { entry } = config;
  let { refreshToken } = config;
  let held: { credentials: Credentials; expires: number } | undefined;
  let renewedAt = Number.NEGATIVE_INFINITY;
  if (config.idToken !== undefined) held = { credentials: bearer(config.idToken), expires: expiryOf(config.idToken) };

  const work = new SharedWork<Credentials>(async (signal) => {
    if (refreshToken === undefined)
      throw failure('its id-token has expired and there is no refresh-token: log in again');
    const limited = AbortSignal.any([signal, AbortSignal.timeout(limitMs)]);
    const tokens = await refreshTokens(config, refreshToken, env, limited).catch((error: unknown) => {
      signal.throwIfAborted();
      if (limited.aborted) throw failure(`${config.issuer.href} did not answer within ${limitMs / 1000} seconds`);
      throw error instanceof OidcFailure ? failure(error.message) : error;
    });
    const replaced = tokens.refreshToken !== undefined && tokens.refreshToken !== refreshToken;
    refreshToken = tokens.refreshToken ?? refreshToken;
    held = { credentials: bearer(tokens.idToken), expires: expiryOf(tokens.idToken) };
    renewedAt = performance.now();
    await saveLogin?.({
      kubeconfig: entry.file,
      user: entry.name,
      settings: { 'id-token': tokens.idToken, ...(replaced && { 'refresh-token': refreshToken }) },
    });
    return held.credentials;
  });

  function failure(what: string): CredentialError {
    const by = entry.usedBy === undefined ? '' : ` (used by context "${entry.usedBy}")`;
    return new CredentialError(
      `No credentials for user "${entry.name}"${by} in ${entry.file} by OpenID Connect: ${what}.`,
    );
  }

  const atHand = (): Credentials | undefined =>
    held !== undefined && !work.running && Date.now() + marginMs < held.expires ? held.credentials : undefined;

  return {
    atHand,
    current: (signal) => atHand() ?? work.join(signal),
    async renew(refused, signal) {
      if (held !== undefined && held.credentials !== refused) return true;
      const isNew = performance.now() - renewedAt < renewalPauseMs;
      if (!work.running && (isNew || refreshToken === undefined)) return false;
      return (await work.join(signal)) !== refused;
    },
  };
}

/** The claim `exp` in milliseconds; the signature is the server's business. A text that is no such token has expired. */
function expiryOf(token: string): number {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    const exp = typeof claims === 'object' && claims !== null && 'exp' in claims ? claims.exp : undefined;
    return typeof exp === 'number' ? exp * 1000 : 0;
  } catch {
    return 0;
  }
}
