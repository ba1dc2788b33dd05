/** For tests: a client of two scripted API servers that are one cluster's. */
import { ApiServer } from './api-server.ts';
import type { ServerFacts } from './api-servers.ts';
import type { ClusterClient } from './cluster-client.ts';
import { openClusterClient } from './cluster-client-http.ts';
import type { Script, ScriptedApiServer } from './scripted-servers.ts';
import { answerAs, scriptedApiServer } from './scripted-servers.ts';
import type { GroupOptions } from './server-group.ts';
import { ServerGroup } from './server-group.ts';

export interface ScriptedGroup extends AsyncDisposable {
  a: ScriptedApiServer;
  b: ScriptedApiServer;
  servers: ServerGroup;
  client: ClusterClient;
  /** Resolves when the server has this state. */
  state(server: ScriptedApiServer, state: ServerFacts['state']): Promise<void>;
}

export const fast = { intervalMs: 30, failedIntervalMs: 10, timeoutMs: 200, firstAfterMs: 0 };
/** No probe comes in between. */
export const never = { firstAfterMs: 3_600_000 };

/** Two of them, `a` being the one that the configuration names first. */
export async function scriptedGroup(timing: GroupOptions['timing'], a?: Script, b?: Script): Promise<ScriptedGroup> {
  await using parts = new AsyncDisposableStack();
  const first = parts.use(await scriptedApiServer(a ?? answerAs('a')));
  const second = parts.use(await scriptedApiServer(b ?? answerAs('b')));
  const servers = parts.use(
    new ServerGroup(
      [first, second].map(({ url }) => new ApiServer(url, {})),
      { ...(timing && { timing }) },
    ),
  );
  const client = parts.use(openClusterClient({ server: first.url, namespace: 'default' }, { servers }));
  const running = parts.move();
  return {
    a: first,
    b: second,
    servers,
    client,
    state: ({ url }, state) =>
      new Promise((resolve) => {
        const look = () => {
          if (servers.list().find((facts) => facts.url === url)?.state !== state) return;
          end();
          resolve();
        };
        const end = servers.subscribe(look);
        look();
      }),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
