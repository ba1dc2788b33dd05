import assert from 'node:assert/strict';
import { once } from 'node:events';
import { duplexPair } from 'node:stream';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { clientPingMs, Pings, serverPingMs } from './pings.ts';
import { SpdyConnection } from './spdy/connection.ts';
import { encodeDataHead, FrameParser } from './spdy/frames.ts';
import { WebSocketPeer } from './websocket/peer.ts';

/** How many pings went out, and whether the peer was given up, as so many intervals pass. */
function pinging(t: TestContext, intervalMs: number, role: 'client' | 'server') {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const state = { sent: 0, gone: false, isReading: true, isAnswered: true };
  const pings = new Pings(intervalMs, role, {
    isReading: () => state.isReading,
    isAnswered: () => state.isAnswered,
    send: () => state.sent++,
    giveUp: () => {
      state.gone = true;
      pings.stop();
    },
  });
  return {
    state,
    hear: () => pings.heard(),
    pass(intervals: number, hears = false): number {
      const before = state.sent;
      for (let i = 0; i < intervals; i++) {
        if (hears) pings.heard();
        t.mock.timers.tick(intervalMs);
      }
      return state.sent - before;
    },
  };
}

test('a client pings a quiet connection each five seconds, and waits a minute for an answer', async (t) => {
  const { state, pass } = pinging(t, clientPingMs, 'client');
  pass(1);
  assert.equal(pass(12), 12);
  assert.equal(state.gone, false);
  assert.equal(pass(1), 0);
  await turn();
  assert.equal(state.gone, true);
});

test('one that is in use is pinged each half minute only, for those who look at one direction', (t) => {
  const { state, pass } = pinging(t, clientPingMs, 'client');
  assert.equal(pass(60, true), 10);
  assert.equal(state.gone, false);
});

test('one that we hold up is pinged each half minute only, and never given up', (t) => {
  const { state, pass } = pinging(t, clientPingMs, 'client');
  state.isReading = false;
  assert.equal(pass(5), 0);
  assert.equal(pass(1), 1);
  assert.equal(pass(60), 10);
  state.isReading = true;
  assert.equal(pass(12), 12);
  assert.equal(state.gone, false);
});

test('a server pings each half minute, and gives up who does not answer until the next', async (t) => {
  const { state, pass } = pinging(t, serverPingMs, 'server');
  assert.equal(pass(10, true), 10);
  assert.equal(state.gone, false);
  pass(1);
  await turn();
  assert.equal(state.gone, true);
});

test('an answer that is read in the same turn is in time', async (t) => {
  const { state, pass, hear } = pinging(t, serverPingMs, 'server');
  pass(2);
  hear();
  await turn();
  assert.equal(state.gone, false);
  assert.equal(pass(1), 1);
});

test('one that need not answer is never given up', (t) => {
  const { state, pass } = pinging(t, clientPingMs, 'client');
  state.isAnswered = false;
  pass(1);
  assert.equal(pass(50), 50);
  assert.equal(state.gone, false);
});

test('a WebSocket that is not read from is left alone, and pinged when it is again', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const [near, far] = duplexPair();
  const options = { role: 'client', pingIntervalMs: clientPingMs } as const;
  const peer = new WebSocketPeer(far, options, { onMessage: () => {}, onClose: () => {} });
  peer.pause();
  t.mock.timers.tick(5 * clientPingMs);
  await turn();
  assert.equal(near.read(), null);
  peer.resume();
  t.mock.timers.tick(clientPingMs);
  await turn();
  assert.equal((near.read() as Buffer | null)?.[0], 0x89);
  // While the timers are still those of this test.
  peer.terminate();
  await once(far, 'close');
});

test('a SPDY connection that slow readers hold up is left alone, and pinged when it goes on', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const [near, far] = duplexPair();
  let isHeldUp = false;
  const connection = new SpdyConnection(far, {
    role: 'client',
    pingIntervalMs: clientPingMs,
    onHeldUp: (is) => {
      isHeldUp = is;
    },
  });
  let pings = 0;
  const parser = new FrameParser({ maxControlBytes: 1e6 });
  near.on('data', (chunk: Buffer) => {
    for (const frame of parser.push(chunk)) if (frame.type === 'ping') pings++;
  });
  const stream = connection.openStream(new Map());
  const length = 9 * 1024 * 1024;
  near.write(Buffer.concat([encodeDataHead(stream.id, length, false), Buffer.alloc(length)]));
  while (!isHeldUp) await turn();
  t.mock.timers.tick(5 * clientPingMs);
  await turn();
  assert.equal(pings, 0);
  stream.resume();
  while (isHeldUp) await turn();
  t.mock.timers.tick(2 * clientPingMs);
  while (pings === 0) await turn();
  connection.destroy();
  await connection.closed;
});
