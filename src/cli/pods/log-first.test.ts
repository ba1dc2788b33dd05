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
  const failures: string[] = [];
  const session = { stdin: new Writable(), stdout, stderr, exitCode: Promise.resolve(0), resize: () => {} };
  return {
    failures,
    write(line: string, to: 'log' | 'both' | 'attachment' = 'both') {
      if (to !== 'attachment') log += line;
      if (to !== 'log') stdout.write(line);
    },
    attached(openLog = async () => Readable.from([Buffer.from(log)])) {
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

test('what is in the log may come much later by the attachment', async () => {
  const one = program();
  for (const line of ['1\n', '2\n', '3\n', '4\n']) one.write(line, 'log');
  const { stdout } = one.attached();
  one.write('2\n', 'attachment');
  await delay(200);
  one.write('3\n4\n', 'attachment');
  one.write('5\n');
  one.end();
  assert.equal(await text(stdout), '1\n2\n3\n4\n5\n');
});

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
