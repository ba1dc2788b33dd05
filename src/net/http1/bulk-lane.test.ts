/** Large bodies, many at once, in pieces of all sizes: every byte comes to its own place, whoever is slow, leaves or is cut off. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ClientRequest, IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer as createPlain, request } from 'node:http';
import { createServer as createSecure } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { testCertificate } from '../../../test/certificate.ts';
import { proxyTo } from '../../../test/raw-proxy.ts';

const bytes = 1_500_000;
/** More than there are slabs. */
const bodies = 80;

/** Of body `seed` from `at` on: no two places are alike for long. */
function slice(seed: number, at: number, length: number): Buffer {
  const part = Buffer.allocUnsafeSlow(length);
  for (let i = 0; i < length; i++) part[i] = ((at + i) * 31 + ((at + i) >> 8) * 7 + seed * 13) & 255;
  return part;
}

function* pieces(seed: number): Generator<Buffer> {
  const sizes = [3, 70_000, 16_384, 500, 200_000, 16_383, 65_536, 1];
  for (let at = 0, i = seed; at < bytes; i++) {
    const part = slice(seed, at, Math.min(sizes[i % sizes.length] ?? 1, bytes - at));
    yield part;
    at += part.length;
  }
}

/** Throws at the first wrong byte; counts those that were right. */
class Checked {
  at = 0;
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
  }

  take(chunk: Buffer): void {
    if (!chunk.equals(slice(this.#seed, this.at, chunk.length)))
      assert.fail(`body ${this.#seed} is wrong within ${chunk.length} bytes from ${this.at} on`);
    this.at += chunk.length;
  }
}

async function* paced(seed: number): AsyncGenerator<Buffer> {
  for (const piece of pieces(seed)) {
    yield piece;
    if (seed % 5 === 0) await sleep(1);
  }
}

/** What cuts off the bodies that are to be cut, by their seeds. */
const cuts = new Map<number, () => void>();

/** The first half, and no more: the cut is to come. */
async function* halfOf(seed: number): AsyncGenerator<Buffer> {
  let sent = 0;
  for await (const piece of paced(seed)) {
    yield piece;
    sent += piece.length;
    if (sent > bytes / 2) return void (await new Promise(() => {}));
  }
}

/** Ends early where the other side has left. */
const sendBody = (to: ServerResponse | ClientRequest, seed: number, body = paced(seed)): Promise<void> =>
  pipeline(Readable.from(body, { objectMode: false }), to).catch(() => {});

const onRequest: RequestListener = async (request, response) => {
  const [, verb, seed = 0] = (request.url ?? '').split('/');
  if (verb === 'upload') {
    const checked = new Checked(Number(seed));
    for await (const chunk of request) {
      checked.take(chunk);
      if (Number(seed) % 7 === 0) await sleep(2);
    }
    response.end(String(checked.at));
    return;
  }
  if (verb === 'long') response.setHeader('Content-Length', bytes);
  if (verb === 'cut') {
    cuts.set(Number(seed), () => response.socket?.destroy());
    await sendBody(response, Number(seed), halfOf(Number(seed)));
  } else await sendBody(response, Number(seed));
};

const certificate = testCertificate();
const servers = {
  'plain TCP': () => ({ server: createPlain(onRequest), tls: undefined }),
  TLS: () => ({ server: createSecure(certificate, onRequest), tls: { ca: certificate.ca } }),
};

for (const [name, make] of Object.entries(servers)) {
  describe(`bodies from an upstream over ${name}`, () => {
    async function open(): Promise<{ port: number } & AsyncDisposable> {
      await using parts = new AsyncDisposableStack();
      const { server, tls } = make();
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      parts.defer(async () => {
        server.closeAllConnections();
        server.close();
        await once(server, 'close');
      });
      const proxy = parts.use(await proxyTo(server.address() as AddressInfo, tls && { tls }));
      const running = parts.move();
      return { port: proxy.port, [Symbol.asyncDispose]: () => running.disposeAsync() };
    }

    const ask = async (port: number, path: string): Promise<IncomingMessage> => {
      const [answer]: IncomingMessage[] = await once(request({ port, path, host: '127.0.0.1' }).end(), 'response');
      assert.ok(answer);
      return answer;
    };

    /** How far it came. Clients of different seeds are fast, slow, and gone in the middle. */
    async function receive(port: number, verb: string, seed: number): Promise<number> {
      const answer = await ask(port, `/${verb}/${seed}`);
      const checked = new Checked(seed);
      try {
        for await (const chunk of answer) {
          checked.take(chunk);
          if (seed % 7 === 0) await sleep(2);
          if (seed % 6 === 1 && checked.at > bytes / 2) break;
        }
      } catch (error) {
        if (verb !== 'cut') throw error;
      }
      return checked.at;
    }

    for (const verb of ['long', 'chunked']) {
      test(`${bodies} at once come whole, ${verb}`, { timeout: 30_000 }, async () => {
        await using proxy = await open();
        const came = await Promise.all(Array.from({ length: bodies }, (_, seed) => receive(proxy.port, verb, seed)));
        for (const [seed, length] of came.entries())
          if (seed % 6 === 1) assert.ok(length > bytes / 2);
          else assert.equal(length, bytes, `body ${seed}`);
      });
    }

    test('what is cut off in the middle looks cut off, and is right as far as it came', async () => {
      await using proxy = await open();
      for (let seed = 2; seed < 12; seed++) {
        const answer = await ask(proxy.port, `/cut/${seed * 5}`);
        const checked = new Checked(seed * 5);
        await assert.rejects(async () => {
          for await (const chunk of answer) {
            checked.take(chunk);
            cuts.get(seed * 5)?.();
          }
        }, /aborted/);
        assert.ok(checked.at > 0 && checked.at < bytes);
      }
    });

    test('a client of HTTP/1.0 gets what is between the chunks', async () => {
      await using proxy = await open();
      for (let seed = 2; seed < 8; seed++) {
        const socket = connect({ port: proxy.port, host: '127.0.0.1' });
        socket.write(`GET /chunked/${seed} HTTP/1.0\r\nHost: localhost\r\n\r\n`);
        const answer = await buffer(socket);
        const checked = new Checked(seed);
        checked.take(answer.subarray(answer.indexOf('\r\n\r\n') + 4));
        assert.equal(checked.at, bytes);
      }
    });

    test(`${bodies} at once are sent whole`, { timeout: 30_000 }, async () => {
      await using proxy = await open();
      const sent = Array.from({ length: bodies }, async (_, seed) => {
        const asked = request({ port: proxy.port, path: `/upload/${seed}`, host: '127.0.0.1', method: 'POST' });
        const answered = once(asked, 'response');
        await sendBody(asked, seed);
        const [answer]: IncomingMessage[] = await answered;
        assert.ok(answer);
        let text = '';
        for await (const chunk of answer) text += chunk;
        assert.equal(text, String(bytes));
      });
      await Promise.all(sent);
    });
  });
}
