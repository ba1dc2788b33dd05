/** What is made of servers that show something else to strangers: a login before them, or a refusal. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ServerFacts } from './api-servers.ts';
import type { ClientConfig } from './client-config.ts';
import { CredentialError } from './credentials.ts';
import { openServerGroup } from './open-api-servers.ts';
import { fast } from './scripted-group.ts';
import { scriptedServer } from './scripted-server.ts';

const known = 'Bearer abc';
const login = { Location: 'https://login.example/' };

/** Two servers that are ready for `Bearer abc`: the first one refuses strangers, a login stands before the second. */
async function shyServers() {
  await using parts = new AsyncDisposableStack();
  const seen: (string | undefined)[] = [];
  const shy = async (status: number, headers: Record<string, string>) =>
    parts.use(
      await scriptedServer(({ headers: { authorization } }, response) => {
        seen.push(authorization);
        if (authorization === known) response.writeHead(200, { 'Content-Type': 'text/plain' }).end('ok');
        else response.writeHead(status, headers).end();
      }),
    );
  const first = await shy(401, {});
  const second = await shy(302, login);
  const running = parts.move();
  return {
    seen,
    /** What is known of both when each was asked some times, and every state in which one was on the way. */
    async judged(credentials: Partial<ClientConfig>): Promise<{ facts: readonly ServerFacts[]; states: string[] }> {
      const config = { ...first.config, servers: [second.config.server], ...credentials };
      await using group = openServerGroup(config, { timing: { ...fast, timeoutMs: 10_000 } });
      const states = new Set<string>();
      group.subscribe(({ state }) => states.add(state));
      const asked = ({ probes: { ready, draining, down } }: ServerFacts) => ready + draining + down;
      group.begin();
      while (group.list().some((facts) => asked(facts) < 3)) await new Promise((resolve) => setTimeout(resolve, 5));
      return { facts: group.list(), states: [...states] };
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

test('what strangers are shown is no verdict where requests have credentials', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-probe-'));
  try {
    await using servers = await shyServers();
    const tokenFile = join(directory, 'token');
    await writeFile(tokenFile, 'abc\n');
    for (const config of [{ token: 'abc' }, { tokenFile }]) {
      servers.seen.length = 0;
      assert.deepEqual((await servers.judged(config)).states, ['ready']);
      assert.ok(servers.seen.includes(known));
    }
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('a page or a login that is shown to the credentials too, or where there are none, is that of no server', async () => {
  await using servers = await shyServers();
  for (const config of [{ token: 'another' }, {}]) {
    const { facts } = await servers.judged(config);
    assert.deepEqual(
      facts.map(({ state }) => state),
      ['ready', 'down'],
    );
    assert.equal(facts[1]?.lastError, '/readyz answers 302, as no API server does');
  }
});

test('no login begins for a probe, and one that could not be had is no verdict either', async () => {
  await using servers = await shyServers();
  let logins = 0;
  const fails = (): Promise<never> => {
    logins++;
    return Promise.reject(new CredentialError('No credentials: the login has expired.'));
  };
  const tokenFile = join(tmpdir(), 'fairlead-no-such-directory', 'token');
  for (const config of [{ credentials: { current: fails, renew: fails } }, { tokenFile }]) {
    assert.deepEqual((await servers.judged(config)).states, ['ready']);
  }
  assert.equal(logins, 0);
  assert.ok(servers.seen.every((authorization) => authorization === undefined));
});
