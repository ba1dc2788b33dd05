import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { testCertificate } from '../../test/certificate.ts';
import { inClusterConfig } from './in-cluster.ts';

let directory = '';
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairlead-in-cluster-'));
});
after(() => rm(directory, { recursive: true }));

const authority = testCertificate().ca;
const pem = (what: string) => `-----BEGIN ${what}-----\nAAAA\n-----END ${what}-----\n`;
const file = (name: string, text: string) => writeFile(join(directory, name), text);

test('in a pod the service account is used', async () => {
  const account = join(directory, 'account');
  await mkdir(account);
  const env = { KUBERNETES_SERVICE_HOST: '::1', KUBERNETES_SERVICE_PORT: '443' };
  await assert.rejects(
    inClusterConfig(env, account),
    /token .* cannot be read. Name a kubeconfig with option "path"\.$/,
  );
  await file('account/token', 't');
  await file('account/ca.crt', authority);
  await file('account/namespace', 'mine\n');
  const loaded = await inClusterConfig(env, account);
  assert.equal(loaded?.server, 'https://[::1]:443');
  assert.equal(loaded?.namespace, 'mine');
  assert.equal(loaded?.tokenFile, join(account, 'token'));
  assert.equal(loaded?.tls?.ca, authority);
  assert.equal(await inClusterConfig({}, account), undefined);
  const inBrackets = { KUBERNETES_SERVICE_HOST: '[::1]', KUBERNETES_SERVICE_PORT: '443' };
  assert.equal((await inClusterConfig(inBrackets, account))?.server, 'https://[::1]:443');
  for (const [host, port] of [
    ['10.0.0.1', 'x'],
    ['10.0.0.1', '70000'],
    ['a/b', '443'],
  ]) {
    const wrong = { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port };
    await assert.rejects(inClusterConfig(wrong, account), /KUBERNETES_SERVICE_PORT are no host and port/);
  }
  await file('account/ca.crt', pem('PRIVATE KEY'));
  await assert.rejects(inClusterConfig(env, account), /ca\.crt holds no certificate/);
});
