import assert from 'node:assert/strict';
import { PassThrough, Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { logFirst } from './log-first.ts';

/** An attachment, and the log that it is told with: what a program writes is in both from the moment it is attached. */
function program() {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  let log = '';
  const readLog = async () => Readable.from(pieces(Buffer.from(log)));
  const failures: string[] = [];
  const session = { stdin: new Writable(), stdout, stderr, exitCode: Promise.resolve(0), resize: () => {} };
  return {
    failures,
    readLog,
    write(line: string, to: 'log' | 'both' | 'attachment' = 'both') {
      if (to !== 'attachment') log += line;
      if (to !== 'log') stdout.write(line);
    },
    attached(openLog = readLog) {
      return logFirst(session, openLog, ({ message }) => failures.push(message));
    },
    end() {
      stdout.end();
      stderr.end();
    },
  };
}

test('what came before and what comes are told, and what is in both is told once', async () => {
  const one = program();
  one.write('before\n', 'log');
  const { stdout } = one.attached();
  one.write('meanwhile\n');
  await delay(20);
  one.write('after\n');
  one.end();
  assert.equal(await text(stdout), 'before\nmeanwhile\nafter\n');
});

for (const [what, log, first, rest, after] of [
  ['what is in the log may come much later by the attachment', '1\n2\n3\n4\n', '2\n', '3\n4\n', '5\n'],
  ['a piece that is in the midst of the log is not taken for its end', '10\n20\n30\n40\n', '0\n30\n', '40\n', '50\n'],
] as const) {
  test(what, async () => {
    const one = program();
    one.write(log, 'log');
    const { stdout } = one.attached();
    one.write(first, 'attachment');
    await delay(200);
    one.write(rest, 'attachment');
    one.write(after);
    one.end();
    assert.equal(await text(stdout), log + after);
  });
}

test('a program that says the same again at once is told whole', async () => {
  for (const pause of [0, 1, 3, 5, 10, 20]) {
    const one = program();
    one.write('again\n', 'log');
    const { stdout } = one.attached();
    await delay(pause);
    one.write('again\n');
    await delay(100);
    one.end();
    assert.equal(await text(stdout), 'again\nagain\n', `after ${pause} ms`);
  }
});

function* pieces(bytes: Buffer): Generator<Buffer> {
  for (let from = 0; from < bytes.length; from += 16 * 1024) yield bytes.subarray(from, from + 16 * 1024);
}

/** As a program writes them that counts. */
function numbers(from: number, to: number): string {
  let lines = '';
  for (let number = from; number < to; number++) lines += `${number}\n`;
  return lines;
}

test('a program that writes much while its log is read is told once', async () => {
  const one = program();
  one.write(numbers(0, 1000), 'log');
  const { stdout } = one.attached(async () => {
    await delay(50);
    return one.readLog();
  });
  // More than is kept, and less than the log's end.
  for (let from = 1000; from < 101_000; from += 1000) one.write(numbers(from, from + 1000));
  one.end();
  assert.equal(await text(stdout), numbers(0, 101_000));
});

test('a log that goes on faster than it is read is left where the attachment goes on', async () => {
  const one = program();
  const chunks = Array.from({ length: 100 }, (_, index) => numbers(index * 5000, (index + 1) * 5000));
  let read = 0;
  const openLog = async () =>
    Readable.from(
      (async function* () {
        for (const chunk of chunks) {
          read += 1;
          yield Buffer.from(chunk);
          await delay(5);
        }
      })(),
    );
  const { stdout } = one.attached(openLog);
  for (const chunk of chunks.slice(2)) one.write(chunk, 'attachment');
  one.end();
  assert.equal(await text(stdout), chunks.join(''));
  assert.ok(read < chunks.length, `read ${read} pieces of the log`);
});

test('much that is said again while the log is read is told twice', async () => {
  const one = program();
  const much = numbers(0, 30_000);
  one.write(much, 'log');
  const { stdout } = one.attached(async () => {
    await delay(50);
    return one.readLog();
  });
  one.write(much);
  one.end();
  assert.equal(await text(stdout), much + much);
});

test('an empty line before a prompt is not taken for the end of the line before', async () => {
  const one = program();
  one.write('hello\n', 'log');
  const { stdout } = one.attached();
  one.write('\n');
  one.write('name: ', 'attachment');
  await delay(50);
  one.end();
  assert.equal(await text(stdout), 'hello\n\nname: ');
});

test('a long log that is read slowly leaves no listeners behind', async () => {
  const warnings: Error[] = [];
  const warned = (warning: Error): void => void warnings.push(warning);
  process.on('warning', warned);
  const one = program();
  const { stdout } = one.attached(async () => Readable.from(Array.from({ length: 40 }, () => Buffer.alloc(64 * 1024))));
  one.end();
  let bytes = 0;
  for await (const chunk of stdout) {
    bytes += chunk.length;
    await delay(1);
  }
  process.off('warning', warned);
  assert.equal(bytes, 40 * 64 * 1024);
  assert.deepEqual(warnings, []);
});

test('a log that cannot be read is said, and holds nothing up', async () => {
  const one = program();
  const { stdout } = one.attached(async () => {
    throw new Error('no right to read it');
  });
  one.write('after\n');
  one.end();
  assert.equal(await text(stdout), 'after\n');
  assert.deepEqual(one.failures, ['no right to read it']);
});
