import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { test } from 'node:test';

/** Starts a program that sleeps and, unless it is told to be orderly, leaves it behind. */
const leaver = `
  import { spawn } from 'node:child_process';
  import { endWhenGone } from '${new URL('./when-gone.ts', import.meta.url).href}';
  const left = spawn('sleep', ['300'], { stdio: ['ignore', 1, 'ignore'], detached: true });
  const watched = endWhenGone(left.pid, { graceful: process.argv[1] === 'graceful' });
  console.log(left.pid);
  process.stdin.on('data', () => {
    watched[Symbol.dispose]();
    process.exit();
  });
`;

async function start(kind: 'graceful' | 'at once') {
  const child = spawn(process.execPath, ['--input-type=module', '-e', leaver, kind], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  return { child, left: Number(line), closed: once(child, 'close') };
}

for (const kind of ['graceful', 'at once'] as const) {
  test(`what a killed process started is ended, ${kind}`, {
    skip: process.platform === 'win32',
    timeout: 20_000,
  }, async () => {
    const { child, closed } = await start(kind);
    child.kill('SIGKILL');
    // The sleeper holds the other end of standard output: that closes when it has ended, 300 s later if nobody ends it.
    const [code, signal] = await closed;
    assert.deepEqual([code, signal], [null, 'SIGKILL']);
  });
}

test('what was disposed of is left alone', { skip: process.platform === 'win32' }, async () => {
  const { child, left } = await start('at once');
  child.stdin.write('bye');
  await once(child, 'exit');
  assert.equal(process.kill(left, 'SIGTERM'), true);
});
