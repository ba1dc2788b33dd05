/** From a configuration to the API servers that it names. */
import { ApiAccess } from './api-access.ts';
import { ApiServer } from './api-server.ts';
import type { ApiServers } from './api-servers.ts';
import type { ClientConfig } from './client-config.ts';
import { ConfigError } from './client-config.ts';
import type { GroupOptions } from './server-group.ts';
import { ServerGroup } from './server-group.ts';
import { singleServer } from './single-server.ts';

/**
 * Connects to nothing before it is asked. Dispose when nothing uses it any more. Throws TypeError for a URL that is not http
 * or https, and ConfigError for servers that do not go together.
 */
export function openApiServers(config: ClientConfig): ApiServers {
  const isSingle = (config.servers ?? []).every((url) => url === config.server);
  if (isSingle && config.discoverServers !== true) return singleServer(new ApiServer(config.server, config));
  return openServerGroup(config);
}

/** The same for whoever wants a single server to be watched over too. */
export function openServerGroup(config: ClientConfig, choice: Omit<GroupOptions, 'access' | 'task'> = {}): ServerGroup {
  const urls = [...new Set([config.server, ...(config.servers ?? [])])];
  // The socket leads to one of them.
  const { localSocket, ...each } = config;
  const servers = urls.map((url) => new ApiServer(url, each));
  if (new Set(urls.map((url) => new URL(url).protocol)).size > 1) {
    throw new ConfigError('The API servers of one cluster must all be https or all be http.');
  }
  const isOverheard = servers.some((server) => server.isOverheard);
  const options = { ...choice, access: new ApiAccess(config, isOverheard) };
  if (config.discoverServers !== true) return new ServerGroup(servers, options);
  if (new URL(config.server).protocol !== 'https:' || config.tls?.insecureSkipVerify === true) {
    throw new ConfigError(
      'API servers can only be discovered where their certificates are checked: the server must be https, without insecure-skip-tls-verify.',
    );
  }
  return new ServerGroup(servers, {
    ...options,
    async task(group, signal) {
      const { discoverServers } = await import('./discover-servers.ts');
      await discoverServers({ config, group, signal });
    },
  });
}
