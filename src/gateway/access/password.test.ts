import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Attempts } from './attempts.ts';
import { Password, PasswordFileError, readPasswordFile } from './password.ts';
import { Sessions } from './sessions.ts';

test('a password file is its owner`s alone and holds one line', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-'));
  try {
    const file = join(directory, 'password');
    const write = async (text: string, mode = 0o600): Promise<string> => {
      await writeFile(file, text);
      await chmod(file, mode);
      return file;
    };
    assert.equal(await readPasswordFile(await write('long enough\n')), 'long enough');
    assert.equal(await readPasswordFile(await write(' with spaces \r\n')), ' with spaces ');
    for (const [text, mode, message] of [
      ['long enough\n', 0o640, /Others may read.*chmod 600/],
      ['long enough\n', 0o604, /Others may read/],
      ['short\n', 0o600, /8 characters or more/],
      ['', 0o600, /8 characters or more/],
      ['two lines\nof them', 0o600, /more than one line/],
      ['x'.repeat(2000), 0o600, /1024 bytes at most/],
    ] as const) {
      await assert.rejects(readPasswordFile(await write(text, mode)), (error: Error) => {
        assert.ok(error instanceof PasswordFileError);
        assert.match(error.message, message);
        if (text !== '') assert.ok(!error.message.includes(text.trim()));
        return true;
      });
    }
    await assert.rejects(readPasswordFile(join(directory, 'none')), /cannot be read/);
    const pipe = join(directory, 'pipe');
    execFileSync('mkfifo', [pipe]);
    await assert.rejects(readPasswordFile(pipe), /cannot be read: nothing was written into the pipe/);
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('the same password in other bytes of Unicode is the same', async () => {
  const password = new Password('pässwörter');
  assert.deepEqual(await password.check('pässwörter'.normalize('NFD'), '10.0.0.1'), { kind: 'right' });
  assert.deepEqual(await password.check('passworter', '10.0.0.1'), { kind: 'wrong' });
  assert.deepEqual(await password.check('x'.repeat(100_000), '10.0.0.1'), { kind: 'wrong' });
});

test('tries are counted by address, of IPv6 by network, and come back with time', () => {
  const attempts = new Attempts();
  for (let i = 0; i < 10; i++) attempts.failed('10.0.0.1', 0);
  assert.equal(attempts.waitSeconds('10.0.0.1', 0), 6);
  assert.equal(attempts.waitSeconds('::ffff:10.0.0.1', 0), 6);
  assert.equal(attempts.waitSeconds('10.0.0.2', 0), 0);
  assert.equal(attempts.waitSeconds('10.0.0.1', 5000), 1);
  assert.equal(attempts.waitSeconds('10.0.0.1', 6000), 0);
  attempts.failed('10.0.0.1', 6000);
  assert.equal(attempts.waitSeconds('10.0.0.1', 6000), 6);
  for (let i = 0; i < 10; i++) attempts.failed(`2001:db8:0:1::${i}`, 0);
  assert.equal(attempts.waitSeconds('2001:db8:0:1::99', 0), 6);
  assert.equal(attempts.waitSeconds('2001:db8:0:2::1', 0), 0);
  attempts.succeeded('10.0.0.1');
  assert.equal(attempts.waitSeconds('10.0.0.1', 6000), 0);
});

test('sessions and tickets end with their time', (context) => {
  context.mock.timers.enable({ apis: ['Date'], now: 0 });
  const sessions = new Sessions();
  const secret = sessions.open('localhost');
  const key = sessions.find(secret, 'localhost') ?? '';
  const late = sessions.issueTicket(key, 'a.b.localhost');
  context.mock.timers.tick(29_000);
  const app = sessions.redeemTicket(sessions.issueTicket(key, 'a.b.localhost'), 'a.b.localhost') ?? '';
  assert.ok(sessions.find(app, 'a.b.localhost'));
  context.mock.timers.tick(2000);
  assert.equal(sessions.redeemTicket(late, 'a.b.localhost'), undefined);
  context.mock.timers.tick(12 * 3600_000 - 32_000);
  assert.ok(sessions.find(secret, 'localhost'));
  assert.ok(sessions.find(app, 'a.b.localhost'));
  context.mock.timers.tick(1000);
  assert.equal(sessions.find(secret, 'localhost'), undefined);
  assert.equal(
    sessions.find(app, 'a.b.localhost'),
    undefined,
    'an application`s session ends with that which opened it',
  );
});
