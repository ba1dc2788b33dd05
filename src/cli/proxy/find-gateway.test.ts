import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { canTellPeerUser } from '../../net/peer-user.ts';
import { findGateway } from './find-gateway.ts';

const { signal } = new AbortController();
const nobody = 65_534;
const canBeNobody =
  canTellPeerUser && spawnSync(process.execPath, ['--version'], { uid: nobody, cwd: '/' }).status === 0;

test('a kubeconfig that others could write is not taken from what answers on the port', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-find-'));
  t.after(() => rm(directory, { recursive: true }));
  const file = (name: string): string => join(directory, name);
  for (const name of ['own', 'open']) await writeFile(file(name), '', { mode: 0o600 });
  await chmod(file('open'), 0o666);
  execFileSync('mkfifo', [file('pipe')]);
  let kubeconfig: string | null = null;
  const server = createServer((_, response) => response.end(JSON.stringify({ kind: 'FairleadGateway', kubeconfig })));
  t.after(() => server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  assert.deepEqual(await findGateway(port, signal), { port, kubeconfig: null });
  kubeconfig = file('own');
  assert.deepEqual(await findGateway(port, signal), { port, kubeconfig });
  for (const name of ['open', 'pipe', '../../own', '']) {
    kubeconfig = name === '' || name.startsWith('.') ? name : file(name);
    const found = await findGateway(port, signal);
    assert.equal(found.kubeconfig, null, name);
    assert.match(found.warning ?? '', /^KUBECONFIG is not set: .*no file that only you may write/);
  }
  kubeconfig = file('none');
  assert.deepEqual(await findGateway(port, signal), {
    port,
    kubeconfig: null,
    warning: `KUBECONFIG is not set: ${kubeconfig}, which the gateway names, is not there any more: start the gateway again to have it written`,
  });
});

test('what another user runs on the port is no gateway of ours', {
  skip: canBeNobody ? false : 'only root can act as another user, on Linux, and Node must be there for him',
}, async (t) => {
  const script = `require('node:http').createServer((_, response) => response.end('{"kind":"FairleadGateway"}'))
    .listen(0, '127.0.0.1', function () { console.log(this.address().port); });`;
  const child = spawn(process.execPath, ['-e', script], {
    uid: nobody,
    cwd: '/',
    env: {},
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  const [line] = await once(child.stdout, 'data');
  await assert.rejects(findGateway(Number(line), signal), /run by another user of this machine/);
});
