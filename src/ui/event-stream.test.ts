import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { test } from 'node:test';
import { EventStream } from './event-stream.ts';

/** A browser that reads only when it is told to. */
function slowBrowser() {
  const written: string[] = [];
  const wire = new EventEmitter();
  let release = Promise.withResolvers<void>();
  let ended = false;
  return {
    written,
    /** Resolves with the next write. */
    next: () => once(wire, 'write'),
    read() {
      release.resolve();
      release = Promise.withResolvers();
    },
    get ended() {
      return ended;
    },
    stream: {
      write(chunk: string | Uint8Array) {
        written.push(String(chunk));
        wire.emit('write');
        return false;
      },
      drained: () => release.promise,
      end() {
        ended = true;
      },
    },
  };
}

test('for a slow browser only the newest of each key waits', async () => {
  const browser = slowBrowser();
  const events = new EventStream(browser.stream);
  events.put('a', 'put', '"first"');
  await browser.next();
  assert.deepEqual(browser.written, ['event: put\ndata: "first"\n\n']);
  for (let change = 0; change < 10_000; change++) {
    events.put('a', 'put', `${change}`);
    events.put('b', 'put', `${-change}`);
  }
  assert.equal(browser.written.length, 1, 'nothing is written while the browser does not read');
  const second = browser.next();
  browser.read();
  await second;
  assert.equal(browser.written[1], 'event: put\ndata: 9999\n\nevent: put\ndata: -9999\n\n');
  events.end();
  assert.ok(browser.ended);
  events.put('a', 'put', '"too late"');
  browser.read();
  assert.equal(browser.written.length, 2);
});
