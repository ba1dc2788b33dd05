/** Who has only the proxy verb, and ports that are not HTTP. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { test } from 'node:test';
import { entry } from '../fairlead-process.ts';
import type { ReachSide } from './reach-side.ts';
import { why } from './reach-side.ts';
import { Running } from './running-command.ts';

export function otherWayTests(side: () => ReachSide): void {
  test('who may open no port-forward is walked the way that is left: the proxy verb, for HTTP', async () => {
    const { ok, steps } = await why(side(), 'web.shop', '--as', 'verb-only');
    assert.ok(ok, JSON.stringify(steps));
    const of = (check: string) => steps.find((step) => step.check === check);
    assert.equal(of('rights')?.state, 'note');
    assert.equal(of('connection')?.state, 'ok');
    assert.match(of('connection')?.says ?? '', /^the API server's proxy verb leads to shop\/web:http, for HTTP only/);
    assert.equal(of('http')?.says, 'HTTP is spoken: shop/web:http answers GET / with 200');
    const silent = await why(side(), 'silent.shop', '--as', 'verb-only');
    assert.equal(silent.failed?.check, 'connection');
    assert.match(silent.failed?.says ?? '', /^the API server's proxy verb does not get through to shop\/silent:80: /);
    const raw = await why(side(), 'raw.shop', '--as', 'verb-only');
    assert.match(raw.failed?.says ?? '', /^a port-forward to web-\S+:8080 was refused: /);
  });

  test('a forward says that the right it lives by is missing', async () => {
    await using running = await Running.start(side().home, ['forward', 'shop/web=0', '-o', 'json', '--as=verb-only']);
    const down = await running.event(({ state }) => state === 'down');
    assert.match(String(down.why), /^you may not create pods\/portforward in the namespace "shop"/);
    const status = await side().home.fairlead('forward', '--status');
    assert.match(status.stdout, /shop\/web .* down: you may not create pods\/portforward/);
    const asked = connect(Number(down.local), '127.0.0.1').on('error', () => {});
    await new Promise((resolve) => asked.once('close', resolve));
    const failure = await running.event(({ event }) => event === 'failure');
    assert.match(String(failure.why), /^you may not create pods\/portforward/);
    assert.equal(await running.interrupt(), 0);
  });

  test('without a gateway pods of this machine are the way, to the port that is meant', async (t) => {
    const { gatewayUrl, apiUrl, home } = side();
    if (gatewayUrl === undefined) return t.skip('its pods are not on loopback addresses');
    // No gateway serves the cluster under this name.
    const server = `https://localhost:${new URL(apiUrl).port}`;
    const { code, stdout, stderr } = await home.fairlead('ls', '-n', 'shop', '--server', server);
    assert.equal(code, 0, stderr);
    for (const name of ['web', 'two'])
      assert.match(stdout, new RegExp(`^shop +${name} +2/2 +\\S+ +127(\\.\\d+){3}:8080 +ok$`, 'm'));
  });

  test('a gateway is known by TLS and by plain HTTP, and the wrong scheme is named', async () => {
    await using tls = await Running.start(side().home, ['proxy', '--port=0', '--tls']);
    const [, port] = await tls.stdoutLine(/ https:\/\/localhost:(\d+)\/$/);
    const byTls = await why(side(), `https://web.shop.localhost:${port}/`);
    assert.ok(byTls.ok, JSON.stringify(byTls.steps));
    assert.match(byTls.steps[0]?.says ?? '', /^a gateway on port \d+ leads to the context "[^"]+"$/);
    const byPort = await why(side(), `localhost:${port}`);
    assert.equal(byPort.steps[0]?.says, byTls.steps[0]?.says);
    const plain = await why(side(), `http://web.shop.localhost:${port}/x`);
    assert.match(plain.failed?.says ?? '', /speaks TLS: the address begins with https:\/\/$/);
    assert.equal(plain.failed?.fix, `fairlead why https://web.shop.localhost:${port}/x`);
    await using http = await Running.start(side().home, ['proxy', '--port=0']);
    const [, other] = await http.stdoutLine(/ http:\/\/localhost:(\d+)\/$/);
    const secure = await why(side(), `https://web.shop.localhost:${other}/`);
    assert.equal(secure.failed?.check, 'listener');
    assert.match(secure.failed?.says ?? '', /speaks plain HTTP: the address begins with http:\/\/$/);
  });

  test('a port that does not say that it is HTTP is not asked for a page', async () => {
    await using _half = await listenAtPods(side());
    const { ok, steps } = await why(side(), 'half.shop');
    assert.ok(ok, JSON.stringify(steps));
    assert.equal(steps.find(({ check }) => check === 'connection')?.state, 'ok');
    assert.match(steps.find(({ check }) => check === 'http')?.says ?? '', /does not say that half is HTTP/);
    // The time that was given to wait holds for a page that never comes; so does that for looking what is wrong.
    const { home } = side();
    const args = [entry, 'open', 'half.shop:half', '--print', '--timeout=3s'];
    const opened = spawn(process.execPath, args, { env: home.env, stdio: ['ignore', 'ignore', 'pipe'] });
    const closed = once(opened, 'close');
    let said = '';
    // How long the program takes to start is this machine's matter.
    let begun = 0;
    for await (const text of opened.stderr.setEncoding('utf8')) {
      said += text;
      if (begun === 0 && said.includes('waiting for half.shop')) begun = Date.now();
    }
    await closed;
    const took = Date.now() - begun;
    assert.equal(opened.exitCode, 1);
    assert.match(said, /^error: half\.shop cannot be opened: it has not answered for 3 s$/m);
    assert.ok(took < 8000, `it took ${took} ms`);
  });
}

/** What answers only who has ended its sending, on port 9000 of the pods of `web`. */
async function listenAtPods({ home }: ReachSide): Promise<AsyncDisposable> {
  const { stdout } = await home.fairlead('get', 'pods', '-n', 'shop', '-l', 'app=web', '-o', 'json');
  const { items } = JSON.parse(stdout) as { items: { status: { podIP: string } }[] };
  const servers = items.map(({ status }): Server => {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket
        .on('error', () => socket.destroy())
        .on('end', () => socket.end('all of it'))
        .resume();
    });
    return server.listen(9000, status.podIP);
  });
  await Promise.all(servers.map((server) => once(server, 'listening')));
  return {
    async [Symbol.asyncDispose]() {
      for (const server of servers) server.close();
    },
  };
}
