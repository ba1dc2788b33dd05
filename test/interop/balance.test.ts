/** Three real kube-apiservers behind the balancer, stopped, killed and started under load from real kubectl and client-go. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { test } from 'node:test';
import { entry as fairlead, Home } from '../fairlead-process.ts';
import { peerPath } from '../peers/build.ts';
import { startRealCluster } from '../peers/real-cluster.ts';

const areBuilt = ['kube-apiserver', 'etcd', 'kubectl'].every((name) => existsSync(peerPath(name as 'etcd')));
const goIsThere = spawnSync('go', ['version']).status === 0;
const skip =
  process.env.CI !== 'true' && !(areBuilt && goIsThere) && 'kube-apiserver or Go is missing: run npm run test:interop';

interface LoadReport {
  reads: number;
  failedReads: string[];
  writes: number;
  failedWrites: string[];
  doubled: number;
  missing: number;
  missedByWatch: number;
}

/** Lines of a stream; `until` resolves when one that was not seen before matches. */
function linesOf(stream: Readable) {
  const seen: string[] = [];
  const lines = createInterface({ input: stream });
  lines.on('line', (line) => seen.push(line));
  return {
    seen,
    async until(pattern: RegExp, from = 0): Promise<void> {
      while (!seen.slice(from).some((line) => pattern.test(line))) await once(lines, 'line');
    },
  };
}

test('kubectl and client-go go on while the API servers behind the balancer come and go', {
  skip,
  timeout: 175_000,
}, async () => {
  await using home = await Home.make();
  await using real = await startRealCluster([], { servers: 3 });
  const program = join(home.directory, 'go-client');
  const built = spawnSync('go', ['build', '-o', program, '.'], {
    cwd: resolve(import.meta.dirname, 'go-client'),
    env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly -buildvcs=false' },
    encoding: 'utf8',
  });
  assert.equal(built.status, 0, built.stderr);

  const flags = real.servers.flatMap(({ url }) => ['--server', url]);
  const balancer = spawn(
    process.execPath,
    [
      fairlead,
      'balance',
      '-o',
      'json',
      '--listen=127.0.0.1:0',
      '--drain-time=5s',
      '--kubeconfig',
      real.kubeconfig,
      ...flags,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], env: home.env },
  );
  try {
    const said = linesOf(balancer.stdout);
    const log = linesOf(balancer.stderr);
    await said.until(/^}/);
    const { addresses } = JSON.parse(said.seen.join('\n'));
    await Promise.all(real.servers.map(({ url }) => log.until(new RegExp(`${url} is ready$`))));
    const config = JSON.parse(await readFile(real.kubeconfig, 'utf8'));
    config.clusters[0].cluster.server = `https://${addresses[0]}`;
    await writeFile(home.kubeconfig, JSON.stringify(config), { mode: 0o600 });

    const load = spawn(program, ['-kubeconfig', home.kubeconfig, '-load'], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: home.env,
    });
    const report = linesOf(load.stdout);
    await report.until(/^started$/);
    let running = true;
    const failedCommands: string[] = [];
    let commands = 0;
    const kubectl = (async () => {
      while (running) {
        const { code, stderr } = await home.run(peerPath('kubectl'), ['get', 'namespace', 'default', '-o', 'name']);
        commands++;
        if (code !== 0) failedCommands.push(stderr);
      }
    })();
    for (const server of real.servers) {
      for (const how of ['stop', 'kill'] as const) {
        const from = log.seen.length;
        await server[how]();
        await log.until(new RegExp(`${server.url} is (?:down|draining)`), from);
        await server.start();
        await log.until(new RegExp(`${server.url} is ready$`), from);
      }
    }
    running = false;
    await kubectl;
    const closed = once(load, 'close');
    load.stdin.end();
    await closed;
    const result: LoadReport = JSON.parse(report.seen.at(-1) ?? '');
    const { doubled, missing, missedByWatch } = result;
    assert.deepEqual({ doubled, missing, missedByWatch }, { doubled: 0, missing: 0, missedByWatch: 0 });
    assert.ok(result.reads > 200 && result.writes > 200 && commands > 20, `${JSON.stringify(result)} ${commands}`);
    // One call of each is under way at a time: no more can be hit than servers were killed.
    for (const failed of [result.failedReads, result.failedWrites, failedCommands]) {
      assert.ok(failed.length <= real.servers.length, failed.join('\n'));
    }
  } finally {
    balancer.kill();
    await once(balancer, 'exit');
  }
});
