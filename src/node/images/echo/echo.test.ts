import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { get as getHttp, request } from 'node:http';
import { get as getHttps } from 'node:https';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { freePort } from '../../../../test/free-port.ts';
import { beginHandshake } from '../../../net/websocket/handshake.ts';
import { WebSocketPeer } from '../../../net/websocket/peer.ts';

const host = '127.0.0.1';
let port = 0;
let tlsPort = 0;
let end: () => Promise<void>;

before(async () => {
  [port, tlsPort] = [await freePort(), await freePort()];
  const program = new URL('main.ts', import.meta.url).pathname;
  const args = [program, '--port', String(port), '--tls-port', String(tlsPort)];
  const child = spawn(process.execPath, args, {
    env: { POD_IP: host, HOSTNAME: 'pod-7' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  end = async () => {
    child.kill();
    if (child.exitCode === null) await once(child, 'exit');
  };
  let said = '';
  for await (const chunk of child.stdout) {
    said += chunk;
    if (said.split('listening').length === 4) break;
  }
});
after(() => end());

async function answer(response: IncomingMessage): Promise<Record<string, unknown>> {
  return JSON.parse(await text(response)) as Record<string, unknown>;
}

test('arguments that it does not have, or that are no ports, are said in a sentence', () => {
  const program = new URL('main.ts', import.meta.url).pathname;
  for (const [args, why] of [
    [['--help'], /^echo: Unknown option '--help'.*Its arguments are --port N and --tls-port N\.\n$/],
    [
      ['--port', '0x50'],
      /^echo: "0x50" is no port: from 1 to 65535\. Its arguments are --port N and --tls-port N\.\n$/,
    ],
  ] as const) {
    const { status, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: 'utf8', env: {} });
    assert.equal(status, 1);
    assert.match(stderr, why);
  }
});

test('HTTP: tells what it received and who it is', async () => {
  const sent = request({ host, port, method: 'PUT', path: '/a%2Fb?c=d', headers: { 'X-Thing': 'yes' }, agent: false });
  sent.end('the body');
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const { pod, method, path, headers, body, scheme } = await answer(response);
  assert.deepEqual(
    { pod, method, path, body, scheme },
    { pod: 'pod-7', method: 'PUT', path: '/a%2Fb?c=d', body: 'the body', scheme: 'http' },
  );
  assert.equal((headers as Record<string, string>)['x-thing'], 'yes');
  assert.equal(response.headers['x-pod-name'], 'pod-7');
});

test('HTTPS, with a certificate of its own making', async () => {
  const sent = getHttps({ host, port: tlsPort, path: '/', rejectUnauthorized: false, agent: false });
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  assert.equal((await answer(response)).scheme, 'https');
});

test('/stream sends the body back', async () => {
  const sent = request({ host, port, method: 'POST', path: '/stream', agent: false });
  sent.end('x'.repeat(300_000));
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  assert.equal((await text(response)).length, 300_000);
});

test('WebSocket messages come back, text and binary', async () => {
  const { headers } = beginHandshake([]);
  const sent = getHttp({ host, port, path: '/ws', headers: Object.fromEntries(headers) });
  const [response, socket] = (await once(sent, 'upgrade')) as [IncomingMessage, import('node:net').Socket];
  assert.equal(response.headers['x-pod-name'], 'pod-7');
  const messages: string[] = [];
  const done = Promise.withResolvers<number>();
  const peer = new WebSocketPeer(
    socket,
    { role: 'client' },
    {
      onMessage(data, isText) {
        messages.push(`${isText ? 'text' : 'binary'} ${data.toString()}`);
        if (messages.length === 2) peer.close();
      },
      onClose: ({ code }) => done.resolve(code),
    },
  );
  peer.sendText('hello');
  peer.send(Buffer.from('world'));
  assert.equal(await done.promise, 1000);
  assert.deepEqual(messages, ['text hello', 'binary world']);
});

test('TCP that is no HTTP comes back, also what looks like the beginning of a request', async () => {
  for (const words of ['hello\n', 'PING\r\n', 'EHLO']) {
    const socket = connect({ host, port, allowHalfOpen: true });
    socket.write(words);
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    assert.equal(chunk.toString(), words);
    socket.end('bye');
    assert.equal(await text(socket), 'bye');
  }
});

test('UDP datagrams come back', async () => {
  const socket = createSocket('udp4');
  socket.send('hello', port, host);
  const [message] = (await once(socket, 'message')) as [Buffer];
  assert.equal(message.toString(), 'hello');
  socket.close();
});
