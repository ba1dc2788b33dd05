import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { UsageError } from './command.ts';
import { clusterConfig, parseTimeout } from './connect.ts';
import { globalFlags } from './flags.ts';
import { parseFlags } from './parse-flags.ts';

test('--request-timeout is read as kubectl reads it', () => {
  const read = ['90', '5s', '1.5s', '2m30s', '1h', '250ms', '0', '0s', undefined].map(parseTimeout);
  assert.deepEqual(read, [90_000, 5000, 1500, 150_000, 3_600_000, 250, undefined, undefined, undefined]);
  for (const wrong of ['', 'x', '5 s', '-5s', '5d', 's', '5s5', '5.s']) {
    assert.throws(() => parseTimeout(wrong), UsageError, wrong);
  }
});

test('a certificate that is not checked is said on stderr', async () => {
  const warned = async (...argv: string[]) => {
    const stderr = new PassThrough();
    const { flags } = parseFlags(argv, globalFlags);
    await clusterConfig(flags, { env: { HOME: '/nonexistent' }, stderr });
    return String(stderr.read() ?? '');
  };
  assert.equal(await warned('--server=https://a.example'), '');
  assert.equal(await warned('--server=http://a.example', '--insecure-skip-tls-verify'), '');
  assert.match(await warned('--server=https://a.example', '--insecure-skip-tls-verify'), /^warning: .*a\.example.*\n$/);
});
