import assert from 'node:assert/strict';
import { test } from 'node:test';
import { podAddressCheck } from './allowed-address.ts';

test('of loopback only the pods’ own range, nothing link-local, no names', () => {
  const isAllowed = podAddressCheck('127.80.0.0/16');
  for (const address of ['127.80.1.2', '10.1.2.3', '192.168.0.1', 'fd00::1']) assert.ok(isAllowed(address), address);
  const refused = [
    ...['127.0.0.1', '127.81.0.1', '169.254.169.254', '0.0.0.0', '224.0.0.1', '255.255.255.255'],
    ...['::1', '::', 'fe80::1', 'ff02::1', '::ffff:127.0.0.1', '::ffff:169.254.169.254'],
    ...['localhost', '', '127.1', '2130706433'],
  ];
  for (const address of refused) assert.ok(!isAllowed(address), address);
});

test('without a range nothing on loopback', () => {
  assert.equal(podAddressCheck(undefined)('127.80.1.2'), false);
});
