import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { ContainerLog } from './container-log.ts';
import type { LogSelection } from './read-log.ts';
import { readLog } from './read-log.ts';

const all: LogSelection = { follow: false, timestamps: false };
const never = new AbortController().signal;

async function logFile(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-log-'));
  t.after(() => rm(directory, { recursive: true }));
  return join(directory, '0.log');
}

/** The next time that something was written. */
function changeOf(log: ContainerLog): Promise<void> {
  return new Promise((resolve) => {
    const stop = log.onChange(() => {
      stop();
      resolve();
    });
  });
}

async function read(file: string, selection: LogSelection, live?: ContainerLog): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of readLog(file, selection, live, never)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

test('lines are kept with time and stream, an unfinished one at the end too', async (t) => {
  const file = await logFile(t);
  const log = await ContainerLog.create({ file });
  log.append('stdout', Buffer.from('one\ntw'));
  log.append('stderr', Buffer.from('bad\n'));
  log.append('stdout', Buffer.from('o\nthree'));
  await log.close();
  const stored = await readFile(file, 'utf8');
  assert.match(
    stored,
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z stdout F one\n\S+ stderr F bad\n\S+ stdout F two\n\S+ stdout P three\n$/,
  );
  assert.equal(await read(file, all), 'one\nbad\ntwo\nthree');
  assert.match(await read(file, { ...all, timestamps: true, tailLines: 1 }), /^\S+Z three$/);
  assert.equal(await read(file, { ...all, tailLines: 2 }), 'two\nthree');
});

test('a line longer than a part is one line again when it is read', async (t) => {
  const file = await logFile(t);
  const log = await ContainerLog.create({ file });
  const long = 'x'.repeat(40_000);
  log.append('stdout', Buffer.from(long.slice(0, 25_000)));
  log.append('stdout', Buffer.from(`${long.slice(25_000)}\nnext\n`));
  await log.close();
  assert.equal((await readFile(file, 'utf8')).match(/ stdout P /g)?.length, 2);
  assert.equal(await read(file, all), `${long}\nnext\n`);
  assert.match(await read(file, { ...all, timestamps: true }), /^\S+Z x{40000}\n\S+Z next\n$/);
});

test('tailLines, limitBytes and since choose what is shown', async (t) => {
  const file = await logFile(t);
  const log = await ContainerLog.create({ file });
  log.append('stdout', Buffer.from('a\nb\nc\n'));
  await log.close();
  assert.equal(await read(file, { ...all, tailLines: 2 }), 'b\nc\n');
  assert.equal(await read(file, { ...all, tailLines: 0 }), '');
  assert.equal(await read(file, { ...all, tailLines: 9 }), 'a\nb\nc\n');
  assert.equal(await read(file, { ...all, limitBytes: 3 }), 'a\nb');
  assert.equal(await read(file, { ...all, since: new Date(Date.now() + 1000) }), '');
  assert.equal(await read(file, { ...all, since: new Date(Date.now() - 60_000) }), 'a\nb\nc\n');
});

test('a log is bounded: old files go, what is kept reads as one', async (t) => {
  const file = await logFile(t);
  const log = await ContainerLog.create({ file, maxFileBytes: 1000, keepFiles: 2 });
  for (let number = 0; number < 100; number += 1) {
    const written = changeOf(log);
    log.append('stdout', Buffer.from(`line ${number}\n`));
    await written;
  }
  await log.close();
  const files = await readdir(join(file, '..'));
  assert.equal(files.length, 3, `kept: ${files.join(' ')}`);
  const lines = (await read(file, all)).trimEnd().split('\n');
  assert.equal(lines.at(-1), 'line 99');
  assert.ok(lines.length < 100 && lines.length > 20, `${lines.length} lines are kept`);
  const first = 100 - lines.length;
  assert.deepEqual(
    lines,
    Array.from({ length: lines.length }, (_, index) => `line ${first + index}`),
  );
  assert.equal((await read(file, { ...all, tailLines: 30 })).split('\n').length, 31);
});

test('following shows what is added, over rotations, until the log is closed', async (t) => {
  const file = await logFile(t);
  const log = await ContainerLog.create({ file, maxFileBytes: 300, keepFiles: 3 });
  log.append('stdout', Buffer.from('old\n'));
  const following = read(file, { ...all, follow: true }, log);
  for (let number = 0; number < 20; number += 1) {
    const written = changeOf(log);
    log.append('stdout', Buffer.from(`new ${number}\n`));
    await written;
  }
  await log.close();
  const expected = ['old', ...Array.from({ length: 20 }, (_, number) => `new ${number}`)];
  assert.deepEqual((await following).trimEnd().split('\n'), expected);
  assert.ok(log.rotations > 2);
});

test('a reader that falls behind what is kept is cut off: no line is left out between those it gets', async (t) => {
  const file = await logFile(t);
  const log = await ContainerLog.create({ file, maxFileBytes: 1000, keepFiles: 2 });
  const write = async (from: number, to: number): Promise<void> => {
    for (let number = from; number < to; number += 1) {
      const written = changeOf(log);
      log.append('stdout', Buffer.from(`line ${number}\n`));
      await written;
    }
  };
  await write(0, 50);
  for (const follow of [true, false]) {
    const texts: string[] = [];
    const reading = (async () => {
      for await (const chunk of readLog(file, { ...all, follow }, log, never)) {
        texts.push(chunk.toString());
        if (texts.length === 1) await write(100, 200);
      }
    })();
    await assert.rejects(reading, /no longer kept/);
    const numbers = texts.join('').match(/\d+/g)?.map(Number) ?? [];
    assert.ok(numbers.length > 0);
    for (const [index, number] of numbers.entries()) if (index > 0) assert.equal(number, (numbers[index - 1] ?? 0) + 1);
  }
  await log.close();
});

test('following shows what is written while the log is closed', async (t) => {
  const log = await ContainerLog.create({ file: await logFile(t) });
  log.append('stdout', Buffer.from('one\n'));
  const chunks: string[] = [];
  let closed: Promise<void> | undefined;
  for await (const chunk of readLog(log.file, { ...all, follow: true }, log, never)) {
    chunks.push(chunk.toString());
    log.append('stdout', Buffer.from('last\n'));
    closed ??= log.close();
  }
  await closed;
  assert.equal(chunks.join(''), 'one\nlast\n');
});

test('following ends when its reader goes', async (t) => {
  const log = await ContainerLog.create({ file: await logFile(t) });
  const gone = new AbortController();
  const chunks: string[] = [];
  log.append('stdout', Buffer.from('here\n'));
  for await (const chunk of readLog(log.file, { ...all, follow: true }, log, gone.signal)) {
    chunks.push(chunk.toString());
    gone.abort();
  }
  assert.deepEqual(chunks, ['here\n']);
  await log.close();
});
