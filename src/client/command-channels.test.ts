/** What a command's client says on the channels of a WebSocket. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { test } from 'node:test';
import { openUpgradeServer } from '../../test/upgrade-server.ts';
import { v5Channels } from '../net/websocket/channels.ts';
import { FrameParser, opcode } from '../net/websocket/frames.ts';
import { answerHandshake, headerLines } from '../net/websocket/handshake.ts';
import { WebSocketPeer } from '../net/websocket/peer.ts';
import { openPod } from './pod.ts';

const success = JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Success' });

/** What a client says that ends its stdin, from its first byte to the end of its connection, but for the close frame. */
async function saidOf(stdin: boolean): Promise<number[][]> {
  const said: number[][] = [];
  let socket: Duplex | undefined;
  let peer: WebSocketPeer | undefined;
  const parser = new FrameParser({ expectMask: true, maxPayload: 1024 });
  await using server = await openUpgradeServer((request, opened) => {
    socket = opened;
    opened.write(answerHandshake('GET', headerLines(request.rawHeaders), [v5Channels]).head);
    opened.on('data', (chunk: Buffer) =>
      parser.push(chunk, ({ opcode: code, payload }) => {
        if (code !== opcode.close) said.push([...payload]);
        return true;
      }),
    );
    peer = new WebSocketPeer(opened, { role: 'server' }, { onMessage: () => {}, onClose: () => {} });
    return true;
  });
  const session = await openPod(server.client, 'n', 'p').exec('x', { stdin });
  session.stdin.end();
  await once(session.stdin, 'finish');
  for (const each of [session.stdout, session.stderr]) each.resume();
  assert.ok(socket !== undefined);
  const gone = once(socket, 'close');
  peer?.send(Uint8Array.of(3), Buffer.from(success));
  peer?.close(1000);
  assert.equal(await session.exitCode, 0);
  await gone;
  return said;
}

test('an end of stdin is told where stdin was asked for', async () => {
  assert.deepEqual(await saidOf(true), [[255, 0]]);
});

test('nothing is told of stdin where it was not asked for: a server that is done would answer with a reset', async () => {
  assert.deepEqual(await saidOf(false), []);
});

test('what is written to stdin that was not asked for fails and says why', async () => {
  await using server = await openUpgradeServer((request, socket) => {
    socket.write(answerHandshake('GET', headerLines(request.rawHeaders), [v5Channels]).head);
    return true;
  });
  const session = await openPod(server.client, 'n', 'p').exec('x');
  session.stdin.write('x');
  const [error] = await once(session.stdin, 'error');
  assert.match(String(error), /nothing can be written: stdin was not asked for/);
});
