/** The API server as the gateway's upstream: where it is, and with whose credentials. */
import { readFile } from 'node:fs/promises';
import type { ClientConfig } from '../client/client-config.ts';
import type { UpstreamEndpoint } from '../net/http1/upstream.ts';

export interface ApiUpstream {
  endpoint: UpstreamEndpoint;
  /** Without our client certificate: for requests that bring credentials of their own, which a certificate would outrank. */
  anonymous: UpstreamEndpoint;
  /** `host[:port]`, as the server knows itself. */
  host: string;
  /** Path prefix of the server's URL, without a slash at the end. */
  basePath: string;
  /** The value of Authorization; a promise only while a token file is being read. */
  authorization(): string | undefined | Promise<string | undefined>;
}

/** Token files are rotated; the API server accepts the old token for some time. */
const tokenLifeMs = 10_000;

/** Throws TypeError for a server URL that is not http or https. */
export function apiUpstream(config: ClientConfig): ApiUpstream {
  const url = new URL(config.server);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new TypeError(`the server's URL must begin with https:// or http://, not ${url.protocol}//`);
  }
  const secure = url.protocol === 'https:';
  const endpoint: UpstreamEndpoint = {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    ...(secure ? { tls: { ...config.tls } } : {}),
  };
  const { cert, key, ...withoutIdentity } = config.tls ?? {};
  const anonymous = cert === undefined && key === undefined ? endpoint : { ...endpoint, tls: withoutIdentity };
  return {
    endpoint,
    anonymous: secure ? anonymous : endpoint,
    host: url.host,
    basePath: url.pathname.replace(/\/+$/, ''),
    authorization: secure || loopback.test(url.hostname) ? authorizationOf(config) : () => undefined,
  };
}

/** In clear text a token goes to this machine only (kubectl sends none at all then). */
const loopback = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;

function authorizationOf({ token, tokenFile }: ClientConfig): ApiUpstream['authorization'] {
  return tokenFile === undefined ? fixed(token) : fromFile(tokenFile);
}

function fixed(token: string | undefined): () => string | undefined {
  const value = token === undefined || token === '' ? undefined : `Bearer ${token}`;
  return () => value;
}

function fromFile(path: string): () => string | Promise<string> {
  let value = '';
  let until = 0;
  return () => {
    if (Date.now() < until) return value;
    return readFile(path, 'utf8').then(
      (text) => {
        value = `Bearer ${text.trim()}`;
        until = Date.now() + tokenLifeMs;
        return value;
      },
      (error: Error) => {
        if (value !== '') return value;
        throw new Error(`the token file ${path} cannot be read: ${error.message}`, { cause: error });
      },
    );
  };
}
