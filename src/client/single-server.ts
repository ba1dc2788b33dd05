/** `ApiServers` of a cluster with one server: nothing to choose, nothing to watch over. */
import type { ApiServer } from './api-server.ts';
import type { ApiServers, ServerFacts, ServerLease } from './api-servers.ts';

export function singleServer(server: ApiServer): ApiServers {
  const lease: ServerLease = {
    server,
    isGuarded: false,
    answered: () => false,
    failed: () => {},
    next: () => undefined,
  };
  const facts: ServerFacts = {
    url: server.url,
    state: 'untested',
    since: Date.now(),
    inFlight: 0,
    discovered: false,
    probes: { ready: 0, draining: 0, down: 0 },
  };
  return {
    lease: () => lease,
    isOverheard: server.isOverheard,
    list: () => [facts],
    passedOver: new Map(),
    subscribe: () => () => {},
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
