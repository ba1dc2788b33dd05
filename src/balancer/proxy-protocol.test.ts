import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseListenAddress } from './listen-address.ts';
import { proxyHeader } from './proxy-protocol.ts';

const at = (address: string, port: number) => ({ address, port });

test('the header of version 1 is a line', () => {
  const line = (source: string, destination: string) =>
    String(proxyHeader('v1', { source: at(source, 5000), destination: at(destination, 6443) }));
  assert.equal(line('10.0.0.1', '10.0.0.2'), 'PROXY TCP4 10.0.0.1 10.0.0.2 5000 6443\r\n');
  assert.equal(line('::ffff:10.0.0.1', '::ffff:10.0.0.2'), 'PROXY TCP4 10.0.0.1 10.0.0.2 5000 6443\r\n');
  assert.equal(line('2001:db8::1', '::1'), 'PROXY TCP6 2001:db8::1 ::1 5000 6443\r\n');
});

test('the header of version 2 holds addresses as bytes', () => {
  const hex = (source: string, destination: string) =>
    proxyHeader('v2', { source: at(source, 0x1388), destination: at(destination, 0x192b) }).toString('hex');
  const signature = '0d0a0d0a000d0a515549540a';
  assert.equal(hex('10.0.0.1', '10.0.0.2'), `${signature}2111000c0a0000010a0000021388192b`);
  assert.equal(
    hex('2001:db8::1:2', '::ffff:1.2.3.4'),
    `${signature}2121002420010db8000000000000000000010002${'00000000000000000000ffff01020304'}1388192b`,
  );
});

test('an address to listen on is an IP address with a port', () => {
  assert.deepEqual(parseListenAddress('0.0.0.0:6443'), { host: '0.0.0.0', port: 6443 });
  assert.deepEqual(parseListenAddress('[::1]:0'), { host: '::1', port: 0 });
  assert.deepEqual(parseListenAddress('localhost:1'), { host: '127.0.0.1', port: 1 });
  for (const wrong of [':6443', '6443', '::1:6443', '[1.2.3.4]:1', 'example.com:1', '1.2.3.4:65536', '1.2.3.4']) {
    assert.equal(parseListenAddress(wrong), undefined, wrong);
  }
});
