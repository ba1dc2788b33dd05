import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:https';
import { type TestContext, test } from 'node:test';
import { openUpstreamPool } from '../../net/http1/pool.ts';
import { ensureCertificates } from '../pki/ensure-certificates.ts';
import { kubeletUnreachable } from './dial-error.ts';

const host = '127.0.0.1';

/** What is said where a node answers with a certificate for these addresses, of another cluster's CA or of this one's. */
async function saidOf(t: TestContext, addresses: string[], isOwn: boolean): Promise<string> {
  const pki = await ensureCertificates(undefined);
  const issuer = isOwn ? pki : await ensureCertificates(undefined);
  const { serving } = await issuer.node('n1', addresses);
  const server = createServer(serving).listen(0, host);
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const { port } = address;
  await using pool = openUpstreamPool();
  const endpoint = { host, port, tls: { ca: pki.ca, ...pki.kubeletClient } };
  const { signal } = new AbortController();
  const failure = await pool.request(endpoint, { method: 'GET', target: '/', headers: [], signal }).then(
    () => assert.fail('the certificate was taken'),
    (error: unknown) => error,
  );
  return kubeletUnreachable(failure, endpoint).message.replace(`:${port}`, '');
}

test('a kubelet whose certificate is not right is told of as Go tells it, with what that means', async (t) => {
  assert.equal(
    await saidOf(t, [host], false),
    "Internal error occurred: error dialing backend: 127.0.0.1: tls: failed to verify certificate: x509: certificate signed by unknown authority: the kubelet's certificate is not of this cluster's CA",
  );
  assert.equal(
    await saidOf(t, ['192.0.2.1'], true),
    'Internal error occurred: error dialing backend: 127.0.0.1: tls: failed to verify certificate: x509: certificate is not valid for this address',
  );
});
