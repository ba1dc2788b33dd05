/** `forward`: what it says while pods and clusters come and go. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { identifyProcess } from '../../src/lib/process-identity.ts';
import { freePort } from '../free-port.ts';
import { CuttableLine, say, talk } from './cuttable-line.ts';
import { service } from './objects.ts';
import type { ReachSide } from './reach-side.ts';
import { why } from './reach-side.ts';
import { Running } from './running-command.ts';

export function forwardTests(side: () => ReachSide): void {
  const fairlead = (...args: string[]) => side().home.fairlead(...args);

  test('forwards follow pods, keep streams, and fail one by one', { timeout: 120_000 }, async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const inUse = (taken.address() as AddressInfo).port;
    await writeFile(
      join(side().home.directory, 'fairlead.yaml'),
      `namespace: shop\nforwards:\n  - to: raw:postgres\n    local: 0\n  - {to: crash, local: 0}\n  - {to: web, local: ${inUse}}\n  - {to: web, local: 0, context: nowhere}\n`,
    );
    await using running = await Running.start(side().home, ['forward', '-o', 'json']);
    try {
      const listening = await running.event(({ event, to }) => event === 'listening' && to === 'shop/raw:postgres');
      const busy = await running.event(({ state, local }) => state === 'failed' && local === inUse);
      assert.match(String(busy.why), new RegExp(`^Port ${inUse} is in use on 127\\.0\\.0\\.1`));
      const unknown = await running.event(({ state, to }) => state === 'failed' && to === 'nowhere/shop/web');
      assert.match(String(unknown.why), /No context "nowhere"/);
      const down = await running.event(({ state, to }) => state === 'down' && to === 'shop/crash');
      assert.match(String(down.why), /"fairlead why shop\/crash" tells more$/);
      const ready = await running.event(({ state, to }) => state === 'ready' && to === 'shop/raw:postgres');
      const pods = (ready.pods as string[]).map((each) => each.split(':')[0] ?? '');
      assert.equal(pods.length, 2);
      const port = Number(listening.local);
      const byListener = await why(side(), `localhost:${port}`);
      assert.ok(byListener.ok, JSON.stringify(byListener.steps));

      // Two connections are on two pods, the least busy each.
      const streams = await Promise.all([talk(port), talk(port)]);
      const [first, second] = streams;
      assert.ok(first !== undefined && second !== undefined);
      assert.equal(await say(first, 'one\n'), 'one\n');
      assert.equal(await say(second, 'two\n'), 'two\n');
      const [gone] = pods;
      const cut = Promise.race(streams.map((stream) => new Promise((resolve) => stream.once('close', resolve))));
      const deleted = await fairlead('delete', 'pod', gone ?? '', '-n', 'shop', '--wait=false');
      assert.equal(deleted.code, 0, deleted.stderr);
      await cut;
      const kept = streams.find((stream) => !stream.destroyed);
      assert.ok(kept !== undefined, 'the stream to the other pod stays');
      assert.equal(await say(kept, 'three\n'), 'three\n');
      const again = await running.event(
        ({ state, to, pods: now }) =>
          state === 'ready' &&
          to === 'shop/raw:postgres' &&
          (now as string[]).length === 2 &&
          !(now as string[]).some((each) => each.startsWith(`${gone}:`)),
      );
      assert.equal((again.pods as string[]).length, 2);
      const fresh = await talk(port);
      assert.equal(await say(fresh, 'four\n'), 'four\n');
      fresh.destroy();
      kept.destroy();
      assert.equal(await running.interrupt(), 0);
    } finally {
      taken.close();
    }
  });

  test('a forward says that the cluster is out of reach, and comes back with it', { timeout: 60_000 }, async () => {
    const api = new URL(side().apiUrl);
    const port = await freePort();
    let line = await CuttableLine.open(Number(api.port), port);
    await using running = await Running.start(side().home, [
      'forward',
      'shop/raw=0',
      '-o',
      'json',
      `--server=https://127.0.0.1:${port}`,
    ]);
    const listening = await running.event(({ event }) => event === 'listening');
    await running.event(({ state }) => state === 'ready');
    const stream = await talk(Number(listening.local));
    assert.equal(await say(stream, 'one\n'), 'one\n');
    const broken = new Promise((resolve) => stream.once('close', resolve));
    await line.cut();
    await broken;
    const down = await running.event(({ state }) => state === 'down');
    assert.match(String(down.why), /^Cannot talk to the API server https:\/\/127\.0\.0\.1:\d+: /);
    const before = running.count;
    line = await CuttableLine.open(Number(api.port), port);
    await running.event(({ state }) => state === 'ready', before);
    const again = await talk(Number(listening.local));
    assert.equal(await say(again, 'two\n'), 'two\n');
    again.destroy();
    assert.equal(await running.interrupt(), 0);
    await line.cut();
  });

  test('forwards in the background are told of, and stopped one by one', { timeout: 60_000 }, async () => {
    const begun = await fairlead('forward', 'shop/web=0', 'shop/raw=0', 'nowhere/shop/web=1', '--detach', '-o', 'json');
    assert.equal(begun.code, 0, begun.stderr);
    const { pid, forwards } = JSON.parse(begun.stdout) as {
      pid: number;
      forwards: { to: string; local: number; state: { kind: string } }[];
    };
    try {
      assert.deepEqual(
        forwards.map(({ to }) => to),
        ['shop/web', 'shop/raw', 'nowhere/shop/web'],
      );
      assert.equal(forwards[2]?.state.kind, 'failed');
      const [web, raw] = forwards.map(({ local }) => local);
      assert.ok(web !== undefined && raw !== undefined);
      const stream = await talk(raw);
      assert.equal(await say(stream, 'one\n'), 'one\n');
      const stop = await fairlead('forward', '--stop', String(web));
      assert.equal(stop.stdout, `Stopped forwarding localhost:${web} to shop/web\n`, stop.stderr);
      await assert.rejects(talk(web), { code: 'ECONNREFUSED' });
      assert.equal(await say(stream, 'two\n'), 'two\n');
      const status = await fairlead('forward', '--status', '-o', 'json');
      assert.equal(status.code, 0);
      const left = JSON.parse(status.stdout).forwards as { to: string; pid: number; connections: { open: number } }[];
      assert.deepEqual(
        left.map(({ to, pid: of, connections }) => [to, of, connections.open]),
        [['shop/raw', pid, 1]],
      );
      const wrong = await fairlead('forward', '--stop', String(web));
      assert.match(wrong.stderr, /^error: no forward "\d+" runs/);
      const closed = new Promise((resolve) => stream.once('close', resolve));
      const all = await fairlead('forward', '--stop');
      assert.equal(all.code, 0, all.stderr);
      await closed;
      assert.equal((await fairlead('forward', '--status')).code, 1);
    } finally {
      const left = identifyProcess(pid);
      if (left !== undefined) process.kill(pid, 'SIGTERM');
    }
  });

  test('why goes on from the port of a forward to a pod, or to a service of another context', async () => {
    const current = (await fairlead('config', 'current-context')).stdout.trim();
    const names = await fairlead('get', 'pods', '-n', 'shop', '-l', 'app=web', '-o', 'name');
    const [pod = ''] = names.stdout.split('\n');
    await using running = await Running.start(side().home, [
      'forward',
      `${current}/shop/web=0`,
      `${pod}:8080=0`,
      '--namespace=shop',
      '--output=json',
    ]);
    for (const fits of [/\/shop\/web$/, /\.shop\.pod:8080$/]) {
      const { local } = await running.event(({ state, to }) => state === 'ready' && fits.test(String(to)));
      const { ok, steps } = await why(side(), `localhost:${local}`);
      assert.ok(ok, JSON.stringify(steps));
      assert.match(steps[0]?.says ?? '', fits);
      assert.ok(steps.some(({ check, state }) => check === 'connection' && state === 'ok'));
    }
    assert.equal(await running.interrupt(), 0);
  });

  test('a forward is stopped by the word that started it', async () => {
    await using running = await Running.start(side().home, ['forward', 'web.shop:http=0', '-o', 'json']);
    await running.event(({ state }) => state === 'ready');
    const other = await fairlead('forward', '--stop', 'web.shop:http=1');
    assert.match(other.stderr, /^error: no forward "web\.shop:http=1" runs/);
    const stop = await fairlead('forward', '--stop', 'web.shop:http=0');
    assert.match(stop.stdout, /^Stopped forwarding localhost:\d+ to shop\/web:http\n$/, stop.stderr);
  });

  test('ls names a local port only where it leads to the service: to a port that is there, and not while it is down', async () => {
    const { home } = side();
    const withPorts = async (...ports: number[]): Promise<void> => {
      const listed = ports.map((port) => ({ name: `p${port}`, port, targetPort: 8080 }));
      const moved = { ...service('moved', 'web', {}), spec: { selector: { app: 'web' }, ports: listed } };
      const applied = await home.runFairlead(['apply', '-f', '-'], JSON.stringify(moved));
      assert.equal(applied.code, 0, applied.stderr);
    };
    const localWays = async (): Promise<unknown[]> => {
      const { stdout, stderr } = await fairlead('ls', '-n', 'shop', '-o', 'json');
      const { services } = JSON.parse(stdout) as { services: { name: string; ways: Record<string, string>[] }[] };
      const found = services.find(({ name }) => name === 'moved');
      assert.ok(found, stderr);
      return found.ways.filter(({ way }) => way === 'local port').map(({ address }) => address);
    };
    await withPorts(9000);
    await using running = await Running.start(home, ['forward', 'shop/moved:9000=0', 'shop/moved=0', '-o', 'json']);
    const ready = (to: string) => running.event((event) => event.state === 'ready' && event.to === to);
    const [named, bare] = [await ready('shop/moved:9000'), await ready('shop/moved')];
    assert.deepEqual(await localWays(), [`localhost:${named.local}`, `localhost:${bare.local}`]);
    await using watching = await Running.start(home, ['ls', '-n', 'shop', '--watch', '-o', 'json']);
    const watched = (ports: readonly unknown[], after = 0) =>
      watching.event(({ name, ways }) => {
        const local = name === 'moved' && Array.isArray(ways) && ways.filter(({ way }) => way === 'local port');
        return isDeepStrictEqual(
          local ? local.map(({ address }) => address) : undefined,
          ports.map((port) => `localhost:${port}`),
        );
      }, after);
    await watched([named.local, bare.local]);
    await withPorts(9001);
    await running.event(({ state, to }) => state === 'down' && to === 'shop/moved:9000');
    // It is down, too, until the endpoints have the new port.
    while (!isDeepStrictEqual(await localWays(), [`localhost:${bare.local}`])) await delay(100);
    await watched([bare.local]);
    await withPorts(9001, 9002);
    await running.event(({ state, to }) => state === 'down' && to === 'shop/moved');
    assert.deepEqual(await localWays(), []);
    await watched([]);
    const known = watching.count;
    await withPorts(9001);
    await watched([bare.local], known);
    const all = watching.count;
    assert.equal(await running.interrupt(), 0);
    await watched([], all);
    assert.equal(await watching.interrupt(), 0);
    assert.equal((await fairlead('delete', 'service', 'moved', '-n', 'shop')).code, 0);
  });

  test('a service of several ports is told how one is named', async () => {
    await using running = await Running.start(side().home, ['forward', 'shop/several=0', '-o', 'json']);
    const down = await running.event(({ state }) => state === 'down');
    assert.match(String(down.why), /name one, as in shop\/several:a=LOCALPORT; there is a \(port 81\), b \(port 82\)$/);
    assert.equal(await running.interrupt(), 0);
  });

  test('a forward that cannot be is refused by name', async () => {
    const udp = await fairlead('forward', 'shop/udp:53/udp=5353');
    assert.equal(udp.code, 2);
    assert.match(udp.stderr, /UDP cannot be forwarded/);
    for (const word of ['shop/udp:53=0', 'udp.shop=0', 'shop/dns:query=0']) {
      const told = await fairlead('forward', word);
      assert.equal(told.code, 1, word);
      // It has no local port to be told of.
      assert.match(told.stdout, /^shop\/\S+: FAILED: its port 53\/UDP( \(query\))?: UDP cannot be forwarded: /, word);
    }
    const nowhere = await fairlead('forward', 'nowhere/shop/web=0');
    assert.match(nowhere.stdout, /^nowhere\/shop\/web: FAILED: No context "nowhere"/);
    const twice = await fairlead('forward', 'shop/web=18080', 'shop/raw=18080');
    assert.match(twice.stderr, /port 18080 is asked for twice/);
  });
}
