import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from './command.ts';
import { parseTimeout } from './connect.ts';

test('--request-timeout is read as kubectl reads it', () => {
  const read = ['90', '5s', '1.5s', '2m30s', '1h', '250ms', '0', '0s', undefined].map(parseTimeout);
  assert.deepEqual(read, [90_000, 5000, 1500, 150_000, 3_600_000, 250, undefined, undefined, undefined]);
  for (const wrong of ['', 'x', '5 s', '-5s', '5d', 's', '5s5', '5.s']) {
    assert.throws(() => parseTimeout(wrong), UsageError, wrong);
  }
});
