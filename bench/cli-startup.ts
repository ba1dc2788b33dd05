/**
 * How long the installed command line takes for what people type all day, beside kubectl: pairs in turn, medians. A cluster of this
 * machine is reached by its local socket; what it takes over TLS, as to any other cluster, is told beside it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startCluster } from '../src/testing.ts';
import { buildPeers, peerPath } from '../test/peers/build.ts';
import { buildPackage } from '../tools/package/build.ts';
import { median } from './statistics.ts';

const fairlead = resolve(import.meta.dirname, '../dist/bin/fairlead.cjs');
const pairs = 40;
/** No more wall time than kubectl. */
const limit = 1;
const cases = [
  { line: 'version --client', way: '' },
  { line: 'get svc', way: '' },
  { line: 'get svc', way: 'over TLS' },
];

/** Milliseconds of one run. */
async function time(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const started = performance.now();
  const child = spawn(program, args, { env, stdio: 'ignore' });
  await once(child, 'exit');
  if (child.exitCode !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${child.exitCode}`);
  return performance.now() - started;
}

/** Prints medians and ratios. Returns whether all limits were met. */
export async function benchCliStartup(): Promise<boolean> {
  buildPeers(['kubectl']);
  await buildPackage();
  const home = await mkdtemp(join(tmpdir(), 'fairlead-bench-'));
  try {
    await using cluster = await startCluster({ nodes: 0 });
    const kubeconfig = join(home, 'kubeconfig');
    await cluster.writeKubeconfig(kubeconfig);
    const overTls = join(home, 'kubeconfig-tls');
    await writeFile(overTls, cluster.kubeconfig.replace(/ +extensions:[\s\S]*?(?=contexts:)/, ''), { mode: 0o600 });
    let met = true;
    for (const { line, way } of cases) {
      const env = { PATH: process.env.PATH, HOME: home, KUBECONFIG: way === '' ? kubeconfig : overTls };
      const ours = () => time(process.execPath, [fairlead, ...line.split(' ')], env);
      const theirs = () => time(peerPath('kubectl'), line.split(' '), env);
      // What both keep from one run to the next is there before it counts.
      for (const run of [ours, ours, theirs, theirs]) await run();
      const times: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] };
      for (let pair = 0; pair < pairs; pair++) {
        times.theirs.push(await theirs());
        times.ours.push(await ours());
      }
      const ratio = median(times.ours) / median(times.theirs);
      if (way === '') met &&= ratio <= limit;
      console.log(
        `${line}${way && ` ${way}`}: kubectl ${median(times.theirs).toFixed(0)} ms, fairlead ${median(times.ours).toFixed(0)} ms, ratio ${ratio.toFixed(2)}${way === '' ? ` (limit ${limit})` : ''}`,
      );
    }
    return met;
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}
