/** The sample application by itself: two replicas as processes, as its pods are. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { WebSocket } from 'ws';

const program = resolve(import.meta.dirname, '../examples/demo/server.ts');
/** The port is always 8080, as in a pod: each replica has an address of its own, which nothing else here uses. */
const block = `127.${200 + (process.pid % 50)}.${(process.pid >> 6) & 255}`;
const replicas = [`http://${block}.1:8080`, `http://${block}.2:8080`] as const;
const children: ChildProcess[] = [];

before(async () => {
  for (const [index, url] of replicas.entries()) {
    const child = spawn(process.execPath, [program], {
      env: {
        POD_IP: new URL(url).hostname,
        POD_NAME: `web-${index + 1}`,
        SESSION_KEY: 'shared',
        MASTER_PASSWORD: 'lighthouse',
        HARBOUR_NAME: 'Test Port',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    if (child.stdout !== null) await once(child.stdout, 'data');
  }
});

after(async () => {
  for (const child of children) {
    if (child.exitCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

async function signIn(url: string, headers: Record<string, string> = {}): Promise<Response> {
  const body = new URLSearchParams({ user: 'Ada' });
  return fetch(`${url}/login`, { method: 'POST', body, headers, redirect: 'manual' });
}

interface Office {
  pod: string;
  user?: string;
  signedInAt?: string;
}

async function office(url: string, cookie: string): Promise<Office> {
  const answer = await fetch(`${url}/api/office`, { headers: { cookie } });
  return (await answer.json()) as Office;
}

test('a cookie of one replica is honoured by the other, and only as it was given', async () => {
  const answer = await signIn(replicas[0]);
  assert.equal(answer.status, 303);
  const header = answer.headers.get('set-cookie') ?? '';
  assert.match(header, /; Path=\/; HttpOnly; SameSite=Lax/);
  const cookie = header.split(';', 1)[0] ?? '';
  const { pod, user, signedInAt } = await office(replicas[1], cookie);
  assert.deepEqual({ pod, user, signedInAt }, { pod: 'web-2', user: 'Ada', signedInAt: 'web-1' });
  const [payload = '', signature = ''] = cookie.slice('harbour='.length).split('.');
  const forged = Buffer.from(Buffer.from(payload, 'base64url').toString().replace('Ada', 'Eve')).toString('base64url');
  for (const bad of [`${forged}.${signature}`, payload, `${payload}.`, `${payload}.AAAA`, 'x']) {
    assert.equal((await office(replicas[1], `harbour=${bad}`)).user, undefined, bad);
  }
});

test('forms of other origins are refused, and HTTP`s own sign-in is asked for', async () => {
  assert.equal((await signIn(replicas[0], { origin: 'http://evil.example' })).status, 403);
  assert.equal((await signIn(replicas[0], { origin: replicas[0] })).status, 303);
  const asked = await fetch(`${replicas[0]}/master`);
  assert.equal(asked.status, 401);
  assert.match(asked.headers.get('www-authenticate') ?? '', /^Basic /);
  const authorization = `Basic ${btoa('master:lighthouse')}`;
  const master = await fetch(`${replicas[0]}/master`, { headers: { authorization } });
  assert.match(await master.text(), /"pod":"web-1"/);
});

test('the live line answers pings, passes horns on, and is closed to other origins', async () => {
  const url = `${replicas[0].replace('http', 'ws')}/live`;
  const open = async () => {
    const line = new WebSocket(url, { origin: replicas[0] });
    const news: { type: string; from?: string; ping?: number }[] = [];
    line.on('message', (data) => {
      news.push(JSON.parse(String(data)));
      line.emit('news');
    });
    const until = async (type: string) => {
      for (;;) {
        const found = news.find((one) => one.type === type);
        if (found !== undefined) return found;
        await once(line, 'news');
      }
    };
    await until('hello');
    return { line, until };
  };
  const [a, b] = await Promise.all([open(), open()]);
  a.line.send('{"ping":7}');
  assert.equal((await a.until('pong')).ping, 7);
  a.line.send('{"horn":true}');
  assert.equal((await b.until('horn')).from, 'A stranger');
  const foreign = new WebSocket(url, { origin: 'http://evil.example' });
  const [error] = await once(foreign, 'error');
  assert.match(String(error), /403/);
  const closed = [once(a.line, 'close'), once(b.line, 'close')];
  const [first] = children;
  first?.kill('SIGTERM');
  for (const [code] of await Promise.all(closed)) assert.equal(code, 1001);
  if (first?.exitCode === null) await once(first, 'exit');
  assert.equal(first?.exitCode, 0, 'it ends by itself when it is told to');
});
