import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ipv4Range } from './ipv4-range.ts';

test('addresses of a range by number and back', () => {
  const range = new Ipv4Range('10.96.3.4/16');
  assert.deepEqual([range.cidr, range.size], ['10.96.0.0/16', 65536]);
  assert.equal(range.at(257), '10.96.1.1');
  assert.equal(range.indexOf('10.96.255.255'), 65535);
  for (const outside of ['10.95.255.255', '10.97.0.0', '10.96.0', '10.96.0.256', '::1', '10.96.00.1', '']) {
    assert.equal(range.indexOf(outside), undefined, outside);
  }
  assert.equal(new Ipv4Range('192.168.0.0/0').size, 2 ** 32);
  assert.equal(new Ipv4Range('255.255.255.255/32').at(0), '255.255.255.255');
});

test('what is no range is refused', () => {
  for (const text of ['10.0.0.0', '10.0.0.0/33', '10.0.0/8', 'fd00::/8', '10.0.0.0/x', '']) {
    assert.throws(() => new Ipv4Range(text), RangeError, text);
  }
});
