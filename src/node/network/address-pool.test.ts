import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openAddressPool } from './address-pool.ts';

test('every pod has an address of its own, for as long as it lives', () => {
  const pool = openAddressPool('127.80.4.0/29');
  const all = ['a', 'b', 'c', 'd', 'e', 'f'].map((uid) => pool.allocate(uid));
  assert.deepEqual(
    all,
    [1, 2, 3, 4, 5, 6].map((last) => `127.80.4.${last}`),
  );
  assert.equal(pool.allocate('a'), '127.80.4.1');
  assert.throws(() => pool.allocate('g'), /all 6 addresses of 127.80.4.0\/29 are taken/);
  pool.release('c');
  assert.equal(pool.allocate('g'), '127.80.4.3');
});

test('an address that was given back is not at once another pod’s', () => {
  const pool = openAddressPool('127.80.4.0/24');
  const first = pool.allocate('a');
  pool.release('a');
  assert.notEqual(pool.allocate('b'), first);
});

test('any IPv4 range will do, and the node keeps its own address', () => {
  const pool = openAddressPool('198.18.250.129/29', '198.18.250.130');
  assert.deepEqual(
    ['a', 'b'].map((uid) => pool.allocate(uid)),
    ['198.18.250.129', '198.18.250.131'],
  );
});

test('what is no range is refused', () => {
  for (const range of ['10.0.0.0', '127.0.0.1/31', '256.0.0.0/8', 'fd00::/64']) {
    assert.throws(() => openAddressPool(range), RangeError, range);
  }
});
