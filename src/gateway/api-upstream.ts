/** The API server as the gateway's upstream: where it is, and with whose credentials. */
import { ApiAccess } from '../client/api-access.ts';
import type { ClientConfig } from '../client/client-config.ts';

/** In clear text credentials go to this machine only (kubectl sends none at all then). */
const loopback = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;

/** Throws TypeError for a server URL that is not http or https. */
export function apiUpstream(config: ClientConfig): ApiAccess {
  const { protocol, hostname } = new URL(config.server);
  if (protocol !== 'http:' || loopback.test(hostname)) return new ApiAccess(config);
  const { token, tokenFile, username, password, credentials, impersonate, ...withoutIdentity } = config;
  return new ApiAccess(withoutIdentity);
}
