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
const atOnce = 32;
const importLimit = { ms: 30, bytes: 15 * 1024 * 1024 };

interface Figures {
  ms: number;
  cpuMs: number;
  residentBytes: number;
  keptBytes: number;
}

const subject = join(import.meta.dirname, 'client-subject.ts');
const megabytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MB`;

/** The middle of several runs, each in a process of its own. */
async function measure(library: string, work: string, env: Record<string, string>): Promise<Figures> {
  const all: Figures[] = [];
  for (let run = 0; run < runs; run++) {
    const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', subject, library, work], { env });
    const figures = JSON.parse(stdout) as Figures & { count: number };
    if (work !== 'import' && figures.count !== count)
      throw new Error(`${library} ${work} found ${figures.count} objects`);
    all.push(figures);
  }
  const middle = (pick: (figures: Figures) => number) => median(all.map(pick));
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

  const cost = async (library: string) => {
    // Once for the compile cache.
    await promisify(execFile)(process.execPath, [subject, library, 'import'], { env: home.env });
    return measure(library, 'import', home.env);
  };
  const [bare, ours, theirs] = [await cost('bare'), await cost('fairlead'), await cost('client-node')];
  console.log(`client library, beside @kubernetes/client-node (middle of ${runs} runs):`);
  const over = (figures: Figures) => ({
    ms: figures.ms - bare.ms,
    bytes: figures.residentBytes - bare.residentBytes,
  });
  const [own, other] = [over(ours), over(theirs)];
  const isLight = own.ms < importLimit.ms && own.bytes < importLimit.bytes;
  console.log(
    `  import: ${own.ms.toFixed(0)} ms and ${megabytes(own.bytes)} more than bare Node; peer ${other.ms.toFixed(0)} ms and ${megabytes(other.bytes)}: ` +
      `${((own.ms / other.ms) * 100).toFixed(0)} % of the time, ${((own.bytes / other.bytes) * 100).toFixed(0)} % of the memory` +
      `${check(isLight)} (limit ${importLimit.ms} ms and ${megabytes(importLimit.bytes)})`,
  );
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
