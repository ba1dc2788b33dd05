import assert from 'node:assert/strict';
import { test } from 'node:test';
import { claimLoopbackRange } from './loopback-range.ts';

test('the same seed gets the same range when it is free, and another one when it is not', async () => {
  const first = await claimLoopbackRange('seed');
  const cidr = first.nodeCidr(0);
  assert.match(cidr, /^127\.(6[4-9]|[7-9]\d|1[01]\d|12[0-6])\.(1|65|129|193)\.0\/24$/);
  {
    await using second = await claimLoopbackRange('seed');
    assert.notEqual(second.nodeCidr(0), cidr);
  }
  await first[Symbol.asyncDispose]();
  await using again = await claimLoopbackRange('seed');
  assert.equal(again.nodeCidr(0), cidr);
  assert.notEqual(again.nodeCidr(1), cidr);
});
