import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import type { CredentialCommand } from '../../client/exec-credentials.ts';
import { showCommand, shownCommandsFile } from './show-command.ts';

const command: CredentialCommand = {
  kubeconfig: '/home/me/downloaded',
  user: 'u',
  named: true,
  program: '/usr/bin/login',
  args: ['get-token', "it's \x1b[2J; rm -rf /"],
  env: [{ name: 'PROFILE', value: 's3cret' }],
};

test('a command of a file that was named is shown once; another one, or another argument, again', async () => {
  const home = await mkdtemp(join(tmpdir(), 'fairlead-shown-'));
  try {
    const shown = async (change: Partial<CredentialCommand> = {}, env = { HOME: home }) => {
      const stderr = new PassThrough();
      await showCommand({ ...command, ...change }, { env, stderr });
      return String(stderr.read() ?? '');
    };
    assert.equal(await shown({ named: false }), '');
    const text = await shown();
    assert.match(text, /\/home\/me\/downloaded .* user "u"/);
    assert.ok(
      text.includes("\n  /usr/bin/login get-token 'it'\\''s \\x1b[2J; rm -rf /'  (with PROFILE in its environment)\n"),
    );
    assert.doesNotMatch(text, /s3cret|\x1b/);
    assert.equal(await shown(), '');
    const secrets = ['login', '--client-secret=s3cret', '--token', 's3cret', '--password', '--issuer=https://i', '-k'];
    assert.ok(
      (await shown({ args: secrets })).includes(
        ' login --client-secret=REDACTED --token REDACTED --password --issuer=https://i -k ',
      ),
    );
    for (const change of [
      { args: ['get-token'] },
      { program: '/tmp/login' },
      { kubeconfig: '/home/me/other' },
      { env: [{ name: 'PROFILE', value: 'other' }] },
    ]) {
      assert.notEqual(await shown(change), '');
      assert.equal(await shown(change), '');
    }
    const memory = shownCommandsFile({ HOME: home });
    assert.equal((await stat(memory)).mode & 0o777, 0o600);
    assert.match(await readFile(memory, 'utf8'), /^([0-9a-f]{64}\n){6}$/);
    await writeFile(memory, 'x\n'.repeat(2000));
    assert.notEqual(await shown(), '');
    assert.match(await readFile(memory, 'utf8'), /^[0-9a-f]{64}\n$/);
    const nowhere = { HOME: memory };
    assert.notEqual(await shown({}, nowhere), '');
    assert.notEqual(await shown({}, nowhere), '');
  } finally {
    await rm(home, { recursive: true });
  }
});
