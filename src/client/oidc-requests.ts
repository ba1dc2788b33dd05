/** The two requests of a refresh: the issuer's metadata (OpenID Connect Discovery 1.0), and its token endpoint (RFC 6749, 6). */
import { isRecord } from '../lib/is-record.ts';
import { openUpstreamPool } from '../net/http1/pool.ts';
import type { UpstreamResponse } from '../net/http1/upstream.ts';
import type { OidcConfig } from './oidc-config.ts';
import { mayCarrySecrets } from './oidc-config.ts';
import { environmentProxy } from './proxy-setting.ts';

export interface OidcTokens {
  idToken: string;
  /** Where the issuer replaced the old one. */
  refreshToken: string | undefined;
}

/** What went wrong, as a clause that holds no secret. */
export class OidcFailure extends Error {
  override readonly name = 'OidcFailure';
}

type Environment = Readonly<Record<string, string | undefined>>;

const maxAnswerBytes = 1024 * 1024;

/** Throws OidcFailure, or the signal's reason. */
export async function refreshTokens(
  config: OidcConfig,
  refreshToken: string,
  env: Environment,
  signal: AbortSignal,
): Promise<OidcTokens> {
  await using pool = openUpstreamPool();

  async function call(url: URL, headers: [string, string][], body?: string): Promise<Answer> {
    const secure = url.protocol === 'https:';
    const proxy = environmentProxy(url.href, env);
    const endpoint = {
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
      ...(secure && { tls: config.ca === undefined ? {} : { ca: config.ca } }),
      ...(proxy && { proxy }),
    };
    const request = {
      method: body === undefined ? 'GET' : 'POST',
      target: `${url.pathname}${url.search}`,
      headers: [['Accept', 'application/json'], ...headers] as [string, string][],
      signal,
      ...(body !== undefined && { body: Buffer.from(body) }),
    };
    try {
      return await readAnswer(await pool.request(endpoint, request));
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof OidcFailure) throw error;
      throw new OidcFailure(error instanceof Error ? error.message : String(error));
    }
  }

  const issuer = config.issuer.href.replace(/\/+$/, '');
  const found = await call(new URL(`${issuer}/.well-known/openid-configuration`), []);
  if (found.status !== 200)
    throw new OidcFailure(`the issuer ${issuer} answered ${found.status} when it was asked for its metadata`);
  const address = found.document.token_endpoint;
  const endpoint = typeof address === 'string' ? URL.parse(address) : null;
  if (endpoint === null || !mayCarrySecrets(endpoint)) {
    throw new OidcFailure(`the metadata of the issuer ${issuer} name no token endpoint with an https URL`);
  }
  const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken });
  const headers: [string, string][] = [['Content-Type', 'application/x-www-form-urlencoded']];
  if (config.clientSecret !== undefined && takesBasic(found.document)) {
    const pair = [config.clientId, config.clientSecret].map(formEncoded).join(':');
    headers.push(['Authorization', `Basic ${Buffer.from(pair).toString('base64')}`]);
  } else {
    form.set('client_id', config.clientId);
    if (config.clientSecret !== undefined) form.set('client_secret', config.clientSecret);
  }
  const { status, document } = await call(endpoint, headers, form.toString());
  if (status !== 200) {
    const { error } = document;
    // Of the codes of RFC 6749, 5.2; nothing else of the answer is repeated.
    const code = typeof error === 'string' && /^[a-z_]{1,40}$/.test(error) ? `${status}, ${error}` : String(status);
    if (status >= 500) {
      throw new OidcFailure(
        `${issuer} could not renew the login (${code}), which may pass: try again, and log in again if it does not`,
      );
    }
    throw new OidcFailure(`${issuer} refused to renew the login (${code}): log in again`);
  }
  const { id_token: idToken, refresh_token: next } = document;
  if (typeof idToken !== 'string' || !/^[\x21-\x7e]+$/.test(idToken)) {
    throw new OidcFailure(`${issuer} answered without an id_token: log in again with the scope "openid"`);
  }
  return { idToken, refreshToken: typeof next === 'string' && next !== '' ? next : undefined };
}

interface Answer {
  status: number;
  document: Readonly<Record<string, unknown>>;
}

/** Redirects are not followed: what is asked with carries secrets. */
async function readAnswer({ status, body }: UpstreamResponse): Promise<Answer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > maxAnswerBytes) throw new OidcFailure('the issuer answered with too much');
  }
  let document: unknown;
  try {
    document = JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    if (status === 200) throw new OidcFailure('the issuer answered with something that is not JSON');
  }
  return { status, document: isRecord(document) ? document : {} };
}

/** The default where the metadata say nothing. */
function takesBasic({ token_endpoint_auth_methods_supported: methods }: Answer['document']): boolean {
  return !Array.isArray(methods) || methods.includes('client_secret_basic');
}

/** RFC 6749, 2.3.1 */
function formEncoded(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1);
}
