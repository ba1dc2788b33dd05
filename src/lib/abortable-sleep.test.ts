import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';

/** What a program writes that has nothing else to do; it rejects where the program fails. */
async function output(code: string): Promise<string> {
  const start = `import { sleepUnlessAborted } from ${JSON.stringify(import.meta.resolve('./abortable-sleep.ts'))};
const stop = new AbortController();
${code}`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', start], {
    timeout: 20_000,
  });
  return stdout;
}

test('a process lives for as long as somebody awaits a sleep', async () => {
  assert.equal(await output(`await sleepUnlessAborted(50, stop.signal); console.log('awake');`), 'awake\n');
});

test('the signal ends the sleep, and nothing of it is left', async () => {
  const code = `const slept = sleepUnlessAborted(600_000, stop.signal);
stop.abort();
await slept;
await sleepUnlessAborted(600_000, stop.signal);
console.log('awake');`;
  assert.equal(await output(code), 'awake\n');
});

test('a sleep in the background holds up no end', async () => {
  assert.equal(await output('void sleepUnlessAborted(600_000, stop.signal, { inBackground: true });'), '');
});
