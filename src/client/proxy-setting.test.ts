import assert from 'node:assert/strict';
import { test } from 'node:test';
import { environmentProxy } from './proxy-setting.ts';

const proxied = (server: string, NO_PROXY = '') =>
  environmentProxy(server, { HTTPS_PROXY: 'http://proxy:3128', NO_PROXY }) !== undefined;

test('the scheme of the server chooses the variable', () => {
  const env = { HTTPS_PROXY: 'socks5://s', http_proxy: 'h:8080' };
  assert.equal(environmentProxy('https://a', env)?.protocol, 'socks5');
  assert.deepEqual(environmentProxy('http://a', env), { protocol: 'http', host: 'h', port: 8080 });
  assert.equal(environmentProxy('http://a', { ...env, REQUEST_METHOD: 'GET' }), undefined);
  assert.equal(environmentProxy('https://a', {}), undefined);
  assert.equal(environmentProxy('https://a', { HTTPS_PROXY: '', https_proxy: 'x' })?.host, 'x');
  assert.throws(
    () => environmentProxy('https://a', { HTTPS_PROXY: 'ftp://joe:s3cret@x' }),
    (error: Error) => {
      assert.match(error.message, /HTTPS_PROXY is not the URL/);
      return !error.message.includes('s3cret');
    },
  );
});

test('this machine is never reached by a proxy, and what NO_PROXY names neither', () => {
  for (const server of ['https://localhost:1', 'https://127.1.2.3', 'https://[::1]:6443', 'https://[::ffff:127.0.0.1]'])
    assert.equal(proxied(server), false, server);
  const cases: [server: string, noProxy: string, expected: boolean][] = [
    ['https://a.example', '', true],
    ['https://a.example', '*', false],
    ['https://a.example', 'b.example, a.EXAMPLE', false],
    ['https://a.example', 'example', false],
    ['https://a.example', '.example', false],
    ['https://a.example', '*.example', false],
    ['https://example', '.example', true],
    ['https://example', 'example', false],
    ['https://notexample', 'example', true],
    ['https://a.example:6443', 'a.example:6443', false],
    ['https://a.example:6443', 'a.example:443', true],
    ['https://a.example', 'a.example:443', false],
    ['https://10.1.2.3', '10.0.0.0/8', false],
    ['https://10.1.2.3', '10.1.2.3', false],
    ['https://10.1.2.3:6443', '10.1.2.3:443', true],
    ['https://11.1.2.3', '10.0.0.0/8', true],
    ['https://10.1.2.3', '10.0.0.0/99,/8,x/8,2001:db8::/32', true],
    ['https://[2001:db8::1]:6443', '2001:db8::/32', false],
    ['https://[2001:db8::1]:6443', '[2001:db8::1]:6443', false],
    ['https://[2001:db8::1]:6443', '2001:db8:0::1', false],
    ['https://[2001:db9::1]:6443', '2001:db8::/32', true],
    ['https://[2001:db8::1]', '2001:db8::1%eth0', true],
    // Without a port brackets are no address.
    ['https://[2001:db8::1]:6443', '[2001:db8::1]', true],
    ['https://10.1.2.3', '::ffff:10.1.2.3', false],
    ['https://10.1.2.3', '::ffff:0:0/96', false],
    ['https://10.1.2.3', '::/0,::ffff:10.0.0.0/8', true],
    ['https://[::ffff:10.1.2.3]', '10.0.0.0/8', false],
    ['https://[::ffff:10.1.2.3]', '10.1.2.3:443', false],
    ['https://a.example.', 'a.example', true],
    ['https://a.example.', 'a.example.', false],
    ['https://localhost.', '', true],
    ['https://a.example', 'a.example:', false],
    ['https://a.example', 'a.example:https', true],
    ['https://bücher.example', 'bücher.example', false],
    ['https://a.bücher.example', '*.BÜCHER.example:443', false],
  ];
  for (const [server, noProxy, expected] of cases) {
    assert.equal(proxied(server, noProxy), expected, `${server} with ${noProxy}`);
  }
});
