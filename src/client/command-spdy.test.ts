/** Commands over SPDY, where a server refuses WebSockets. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import type { UpgradeServer } from '../../test/upgrade-server.ts';
import { openUpgradeServer } from '../../test/upgrade-server.ts';
import { isReason } from '../api/status.ts';
import { SpdyConnection } from '../net/spdy/connection.ts';
import { resetStatus } from '../net/spdy/frames.ts';
import { answerSpdyUpgrade, isSpdyRequest } from '../net/spdy/handshake.ts';
import type { SpdyStream } from '../net/spdy/stream.ts';
import { Channels, v4Channels } from '../net/websocket/channels.ts';
import { answerHandshake, headerLines } from '../net/websocket/handshake.ts';
import { openPod } from './pod.ts';

type Streams = Readonly<Record<string, SpdyStream>>;

const success = JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Success' });
const exitedWith = (code: number) =>
  JSON.stringify({
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  });

/** Speaks SPDY alone; acts when as many streams are open as are expected. */
function spdyServer(expected: number, act: (streams: Streams, connection: SpdyConnection) => void) {
  return openUpgradeServer((request, socket) => {
    const lines = headerLines(request.rawHeaders);
    if (!isSpdyRequest(lines)) return false;
    socket.write(answerSpdyUpgrade(lines, ['v4.channel.k8s.io']));
    const streams: Record<string, SpdyStream> = {};
    const connection: SpdyConnection = new SpdyConnection(socket, {
      role: 'server',
      onStream(stream) {
        const type = stream.headers.get('streamtype') ?? '';
        assert.equal(streams[type], undefined, type);
        streams[type] = stream;
        if (Object.keys(streams).length === expected) act(streams, connection);
      },
    });
    return true;
  });
}

const podOf = ({ client }: UpgradeServer) => openPod(client, 'n', 'p');

test('a command runs over SPDY where WebSockets are refused, which is asked once', async () => {
  await using server = await spdyServer(4, ({ stdin, stdout, stderr, error }) => {
    stderr?.end('problem');
    stdin?.pipe(stdout as SpdyStream);
    stdin?.once('end', () => error?.end(exitedWith(7)));
  });
  for (let i = 0; i < 2; i++) {
    const session = await podOf(server).exec('cat', { stdin: true });
    session.stdin.end('x'.repeat(300_000));
    const [out, err, code] = await Promise.all([text(session.stdout), text(session.stderr), session.exitCode]);
    assert.deepEqual([out.length, err, code], [300_000, 'problem', 7]);
  }
  assert.deepEqual(server.asked, ['GET v5.channel.k8s.io', 'POST', 'POST']);
});

test('a server that resets its streams once the outcome is out loses nothing of the output', async () => {
  await using server = await spdyServer(3, ({ stdout, stderr, error }) => {
    stdout?.write('x'.repeat(200_000), () => {
      error?.write(success, () => {
        for (const each of [stdout, stderr, error]) each?.reset(resetStatus.cancel, 'done');
      });
    });
  });
  const session = await podOf(server).exec('x');
  assert.equal(await session.exitCode, 0);
  assert.equal((await text(session.stdout)).length, 200_000);
  assert.equal(await text(session.stderr), '');
});

test('a connection that is lost before the outcome fails output and exit code', async () => {
  await using server = await spdyServer(3, ({ stdout }, connection) => {
    stdout?.write('half of', () => setImmediate(() => connection.destroy()));
  });
  const session = await podOf(server).exec('x');
  session.stderr.resume();
  await assert.rejects(text(session.stdout), /cut off/);
  await assert.rejects(session.exitCode, /ended before the command did: the peer ended the connection/);
});

test('a terminal has input, one output and a size, and a signal ends it', async () => {
  const stop = new AbortController();
  await using server = await spdyServer(4, ({ stdin, stdout, resize }) => {
    resize?.once('data', (size: Buffer) => stdout?.write(size));
    stdin?.resume();
  });
  const session = await podOf(server).attach({ stdin: true, tty: true, signal: stop.signal });
  session.resize({ columns: 80, rows: 24 });
  assert.equal(String((await once(session.stdout, 'data'))[0]), '{"Width":80,"Height":24}\n');
  assert.equal(await text(session.stderr), '');
  stop.abort(new Error('enough'));
  await assert.rejects(session.exitCode, /enough/);
});

test('input that was not asked for fails, and nothing else does', async () => {
  await using server = await spdyServer(3, ({ stdout, stderr, error }) => {
    for (const each of [stdout, stderr]) each?.end();
    error?.end(success);
  });
  const session = await podOf(server).exec('x');
  const failed = new Promise((resolve) => session.stdin.write('typed', resolve));
  assert.match(String(await failed), /stdin was not asked for/);
  for (const each of [session.stdout, session.stderr]) each.resume();
  assert.equal(await session.exitCode, 0);
});

test('channels of version 4 serve commands without input first, and those with input last', async () => {
  await using server = await openUpgradeServer((request, socket) => {
    const lines = headerLines(request.rawHeaders);
    if (isSpdyRequest(lines) || !request.headers['sec-websocket-protocol']?.includes(v4Channels)) return false;
    socket.write(answerHandshake('GET', lines, [v4Channels]).head);
    const channels = new Channels(socket, { role: 'server', subprotocol: v4Channels, count: 5 });
    channels.channel(3).write(success, () => channels.close());
    return true;
  });
  for (const stdin of [false, true]) {
    const session = await podOf(server).exec('x', { stdin });
    for (const each of [session.stdout, session.stderr]) each.resume();
    assert.equal(await session.exitCode, 0);
  }
  const [v5, v4] = ['GET v5.channel.k8s.io', 'GET v4.channel.k8s.io'];
  assert.deepEqual(server.asked, ['GET v5.channel.k8s.io v4.channel.k8s.io', v5, 'POST', v4]);
});

test('a Status that refuses a command is its answer', async () => {
  await using server = await openUpgradeServer((_request, socket) => {
    const body = JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'NotFound', code: 404 });
    socket.end(`HTTP/1.1 404 No\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`);
    return true;
  });
  await assert.rejects(podOf(server).exec('x'), (error) => isReason(error, 'NotFound'));
  assert.equal(server.asked.length, 1);
});
