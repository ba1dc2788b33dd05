/**
 * The client library beside `@kubernetes/client-node`: what importing costs over bare Node, listing 5,000 ConfigMaps and a cache
 * of them, each in a process of its own against one embedded cluster. The limits are those of the project.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connect } from 'fairlead/client';
import { Home, RunningFairlead } from '../test/fairlead-process.ts';
import { median } from './statistics.ts';

const count = 5000;
const runs = 5;
const importRuns = 10;
const atOnce = 32;
const importLimit = { ms: 30, bytes: 15 * 1024 * 1024 };

interface Figures {
  ms: number;
  cpuMs: number;
  residentBytes: number;
  keptBytes: number;
}

const isShort = (work: string) => work === 'import' || work === 'connect';
const subject = join(import.meta.dirname, 'client-subject.ts');
const megabytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MB`;

/**
 * Several runs, each in a process of its own: the middle of them, and for what takes a few milliseconds the least, since all
 * that other programs do to such a figure is to add to it.
 */
async function measure(library: string, work: string, env: Record<string, string>): Promise<Figures> {
  const all: Figures[] = [];
  for (let run = 0; run < (isShort(work) ? importRuns : runs); run++) {
    const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', subject, library, work], { env });
    const figures = JSON.parse(stdout) as Figures & { count: number };
    if (!isShort(work) && figures.count !== count) throw new Error(`${library} ${work} found ${figures.count} objects`);
    all.push(figures);
  }
  const summary = isShort(work) ? (values: number[]) => Math.min(...values) : median;
  const middle = (pick: (figures: Figures) => number) => summary(all.map(pick));
  return {
    ms: middle(({ ms }) => ms),
    cpuMs: middle(({ cpuMs }) => cpuMs),
    residentBytes: middle(({ residentBytes }) => residentBytes),
    keptBytes: middle(({ keptBytes }) => keptBytes),
  };
}

async function createMaps(kubeconfig: string): Promise<void> {
  await using cluster = await connect({ path: kubeconfig });
  const maps = cluster.resource('v1', 'ConfigMap');
  const text = 'x'.repeat(600);
  let next = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let index = next++; index < count - 1; index = next++) {
        await maps.create({
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: `bench-${index}` },
          data: { text },
        });
      }
    }),
  );
  // One is every namespace's own, kube-root-ca.crt, which a controller makes.
  for await (const { object } of maps.watch({ namespace: 'default' })) {
    if (object.metadata.name === 'kube-root-ca.crt') break;
  }
}

/** Prints figures and ratios; false when a limit was missed. */
export async function benchClient(): Promise<boolean> {
  await using home = await Home.make();
  await using _cluster = await RunningFairlead.up(home, '--nodes', '0');
  await createMaps(home.kubeconfig);
  let met = true;
  const check = (isMet: boolean) => {
    met &&= isMet;
    return isMet ? '' : ' MISSED';
  };

  console.log(
    `client library, beside @kubernetes/client-node (importing: least of ${importRuns} runs, else the middle of ${runs}):`,
  );
  const bare = await measure('bare', 'import', home.env);
  // With the kubeconfig read too: the library loads most of itself with the first cluster.
  for (const work of ['import', 'connect']) {
    const cost = async (library: string) => {
      // Once for the compile cache.
      await promisify(execFile)(process.execPath, [subject, library, work], { env: home.env });
      const { ms, residentBytes } = await measure(library, work, home.env);
      return { ms: ms - bare.ms, bytes: residentBytes - bare.residentBytes };
    };
    const [own, other] = [await cost('fairlead'), await cost('client-node')];
    const isLight = own.ms < importLimit.ms && own.bytes < importLimit.bytes;
    const limit =
      work === 'import' ? `${check(isLight)} (limit ${importLimit.ms} ms and ${megabytes(importLimit.bytes)})` : '';
    console.log(
      `  ${work === 'import' ? 'import' : 'import and connect()'}: ${own.ms.toFixed(0)} ms and ${megabytes(own.bytes)} more than bare Node; ` +
        `peer ${other.ms.toFixed(0)} ms and ${megabytes(other.bytes)}: ` +
        `${((own.ms / other.ms) * 100).toFixed(0)} % of the time, ${((own.bytes / other.bytes) * 100).toFixed(0)} % of the memory${limit}`,
    );
  }
  for (const work of ['list', 'informer']) {
    const [mine, peer] = [await measure('fairlead', work, home.env), await measure('client-node', work, home.env)];
    const isLess = mine.ms <= peer.ms && mine.residentBytes <= peer.residentBytes;
    console.log(
      `  ${work} of ${count} ConfigMaps: ${mine.ms.toFixed(0)} ms, ${megabytes(mine.residentBytes)} resident, ${megabytes(mine.keptBytes)} kept; ` +
        `peer ${peer.ms.toFixed(0)} ms, ${megabytes(peer.residentBytes)}, ${megabytes(peer.keptBytes)}: ` +
        `${((mine.ms / peer.ms) * 100).toFixed(0)} % of the time, ${((mine.residentBytes / peer.residentBytes) * 100).toFixed(0)} % of the memory` +
        `${check(isLess)} (limit 100 %, aim 50 %)`,
    );
  }
  return met;
}

if (import.meta.main) process.exitCode = (await benchClient()) ? 0 : 1;
