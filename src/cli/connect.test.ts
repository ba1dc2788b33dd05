import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { UsageError } from './command.ts';
import { clusterConfig, parseTimeout } from './connect.ts';
import { globalFlags } from './flags.ts';
import { parseFlags } from './parse-flags.ts';

test('--request-timeout is read as kubectl reads it', () => {
  const read = ['90', '5s', '1.5s', '2m30s', '1h', '250ms', '0', '0s', undefined].map(parseTimeout);
  assert.deepEqual(read, [90_000, 5000, 1500, 150_000, 3_600_000, 250, undefined, undefined, undefined]);
  for (const wrong of ['', 'x', '5 s', '-5s', '5d', 's', '5s5', '5.s']) {
    assert.throws(() => parseTimeout(wrong), UsageError, wrong);
  }
});

test('a kubeconfig that turns the check of certificates off is named; who says it by flag knows', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-connect-'));
  t.after(() => rm(directory, { recursive: true }));
  const file = join(directory, 'config');
  await writeFile(
    file,
    JSON.stringify({
      'current-context': 'c',
      contexts: [{ name: 'c', context: { cluster: 'k' } }],
      clusters: [{ name: 'k', cluster: { server: 'https://127.0.0.1:1', 'insecure-skip-tls-verify': true } }],
    }),
  );
  const said = async (...flags: string[]) => {
    const stderr = new PassThrough({ encoding: 'utf8' });
    await clusterConfig(parseFlags(['--kubeconfig', file, ...flags], globalFlags).flags, { env: {}, stderr });
    return String(stderr.read() ?? '');
  };
  assert.ok((await said()).startsWith(`warning: ${file} turns the check of the server's certificate off`));
  assert.equal(await said('--insecure-skip-tls-verify'), '');
});

test('what is missing or wrong is told by the names of flags', async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'fairlead-connect-'));
  t.after(() => rm(home, { recursive: true }));
  const file = join(home, 'config');
  await writeFile(file, JSON.stringify({ contexts: [{ name: 'c', context: { namespace: 'n' } }] }));
  const refused = (expected: RegExp, flags: string[] = [], env: Record<string, string> = {}) =>
    assert.rejects(
      clusterConfig(parseFlags(flags, globalFlags).flags, { env: { HOME: home, ...env }, stderr: new PassThrough() }),
      expected,
    );
  await refused(
    /at .*\/\.kube\/config\. Name one with --kubeconfig, or by KUBECONFIG\. "fairlead up" starts a cluster\.$/,
  );
  await refused(/Choose a context with --context \(one of: c\)/, ['--kubeconfig', file]);
  await refused(/choose one with --cluster or --server/, ['--kubeconfig', file, '--context', 'c']);
  await refused(/name a kubeconfig with --kubeconfig\.$/, [], {
    KUBERNETES_SERVICE_HOST: 'not a host',
    KUBERNETES_SERVICE_PORT: '443',
  });
  const server = ['--server', 'https://one'];
  await refused(/^ConfigError: --server cannot be used/, ['--server', 'ftp://one']);
  await refused(/^ConfigError: --certificate-authority cannot be used/, [
    ...server,
    '--certificate-authority',
    '/none',
  ]);
  await refused(/^ConfigError: --client-certificate and --client-key belong/, [...server, '--client-key', '/none']);
});

test('--server names several servers when it is given several times', async () => {
  const read = (...flags: string[]) =>
    clusterConfig(parseFlags(flags, globalFlags).flags, { env: { HOME: '/nowhere' }, stderr: new PassThrough() });
  const { server, servers, discoverServers } = await read(
    '-s',
    'one:6443',
    '--server=https://two',
    '--discover-servers',
  );
  assert.deepEqual([server, servers, discoverServers], ['https://one:6443', ['https://two'], true]);
  const single = await read('--server', 'http://localhost:8080');
  assert.deepEqual(
    [single.server, single.servers, single.discoverServers],
    ['http://localhost:8080', undefined, undefined],
  );
});
