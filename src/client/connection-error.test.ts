import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { TlsOptions } from 'node:tls';
import { createServer } from 'node:tls';
import { testCertificate } from '../../test/certificate.ts';
import { certificateErrorOf } from '../net/http1/certificate-error.ts';
import { openClusterClient } from './cluster-client-http.ts';
import { ConnectionError, explainFailure } from './connection-error.ts';

const serving = testCertificate();

/** What a request to a server with these settings fails with. */
async function failure(options: TlsOptions): Promise<string> {
  const server = createServer({ ...serving, ...options }, (socket) => {
    socket.on('error', () => {});
    socket.resume();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const config = { server: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, namespace: 'default' };
    await using client = openClusterClient({ ...config, tls: { ca: serving.ca } });
    const error: unknown = await client.request({ method: 'GET', path: '/api' }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof ConnectionError, String(error));
    return error.message;
  } finally {
    server.close();
    await once(server, 'close');
  }
}

test('what a server refuses in TLS is told in a sentence, without words of OpenSSL', async () => {
  const strict: TlsOptions = { requestCert: true, rejectUnauthorized: true, ca: serving.ca };
  const cases: [TlsOptions, RegExp][] = [
    [{ ...strict, maxVersion: 'TLSv1.2' }, /it gave up the TLS handshake/],
    [{ minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }, /no version of TLS/],
    [{ ciphers: 'ECDHE-RSA-AES128-GCM-SHA256', maxVersion: 'TLSv1.2' }, /gave up the TLS handshake/],
  ];
  for (const [options, expected] of cases) {
    const message = await failure(options);
    assert.match(message, expected);
    assert.doesNotMatch(message, /:error:|[\r\n]|SSL routines/);
  }
});

test('an alert is told by what it means, and an unknown one by its reason alone', () => {
  const told = (code: string) => {
    const openssl =
      '4003BF0A:error:0A00045C:SSL routines:ssl3_read_bytes:odd alert:../deps/openssl/ssl/record/rec_layer_s3.c:1605:SSL alert number 116\n';
    const cause = Object.assign(new Error(openssl), { code });
    return explainFailure(
      'https://a',
      new Error(`a:443: the connection was lost before a response (${openssl})`, { cause }),
    ).message.replace('Cannot talk to the API server https://a: ', '');
  };
  assert.match(
    told('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'),
    /^it wants a client certificate, and this user has none/,
  );
  assert.match(told('ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE'), /^it refuses the client certificate\./);
  assert.match(
    told('ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED'),
    /^it refuses the client certificate, which has expired/,
  );
  assert.match(told('ERR_SSL_TLSV1_ALERT_UNKNOWN_CA'), /^it refuses the client certificate, whose authority/);
  assert.match(told('ERR_SSL_TLSV1_UNRECOGNIZED_NAME'), /^it has no certificate for this name/);
  assert.match(told('ERR_SSL_WRONG_VERSION_NUMBER'), /^it does not speak TLS/);
  assert.equal(told('ERR_SSL_ODD'), 'the connection was lost before a response (odd alert).');
});

test('the host is named once', () => {
  for (const [server, name] of [
    ['http://a:8001/prefix', 'a:8001'],
    ['http://a', 'a:80'],
    ['https://[::1]:6443', '[::1]:6443'],
  ]) {
    const { message } = explainFailure(server ?? '', new Error(`${name}: the response was cut off`));
    assert.equal(message, `Cannot talk to the API server ${server}: the response was cut off.`);
  }
  const { message } = explainFailure('https://a', new Error('b:443: the response was cut off'));
  assert.equal(message, 'Cannot talk to the API server https://a: b:443: the response was cut off.');
});

test('a failure of several lines is told in one, its words apart', () => {
  const told = (text: string) =>
    explainFailure('https://a', new Error(text)).message.replace('Cannot talk to the API server https://a: ', '');
  assert.equal(told('first line\nsecond line'), 'first line second line.');
  assert.equal(told('the proxy said: bad\r\n  gateway\n'), 'the proxy said: bad gateway.');
  assert.equal(told('it was lost (odd alert\n)\n.'), 'it was lost (odd alert).');
  assert.equal(told('two  spaces (in a line )'), 'two  spaces (in a line ).');
});

test('what is wrong with a certificate is told with a way out that holds without a kubeconfig', () => {
  const told = (code: string, bySystem: boolean) => {
    const cause = certificateErrorOf(Object.assign(new Error('odd purpose'), { code }), { bySystem });
    return explainFailure('https://a', new Error(`cannot connect to a:443: ${cause}`, { cause })).message.replace(
      'Cannot talk to the API server https://a: ',
      '',
    );
  };
  assert.match(
    told('SELF_SIGNED_CERT_IN_CHAIN', true),
    /that this system trusts\. No other authority is named: set certificate-authority \(.*tls\.ca in code\)\.$/,
  );
  assert.match(told('SELF_SIGNED_CERT_IN_CHAIN', false), /of this configuration\. Is it the right cluster\?$/);
  for (const code of ['INVALID_PURPOSE', 'INVALID_CA', 'PATH_LENGTH_EXCEEDED', 'CERT_REVOKED', 'UNSPECIFIED']) {
    assert.match(
      told(code, false),
      /^its certificate is not fit for this, or .* \(odd purpose\)\. Check the certificate authority, or /,
    );
  }
});
