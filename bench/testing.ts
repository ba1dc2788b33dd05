/** `startCluster()` of `fairlead/testing`: from the call until it resolves, the first in a process and later ones, medians of several processes. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { median } from './statistics.ts';

const runs = 7;
const limit = 300;

const program = `
  import { startCluster } from ${JSON.stringify(import.meta.resolve('fairlead/testing'))};
  const loaded = performance.now();
  const times = [];
  for (const nodes of [0, 0, 1]) {
    const called = performance.now();
    await using cluster = await startCluster({ nodes });
    times.push(performance.now() - called);
    await cluster.nodesReady;
    if (nodes > 0) times.push(performance.now() - called);
  }
  console.log(JSON.stringify({ loaded, first: times[0], later: times[1], node: times[2], nodeReady: times[3] }));
`;

interface Times {
  /** From the start of the process until the module was loaded. */
  loaded: number;
  first: number;
  later: number;
  node: number;
  nodeReady: number;
}

async function run(): Promise<Times> {
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(await text(child.stdout)) as Times;
}

/** Prints the figures and their limit. Returns whether it was met. */
export async function benchTesting(): Promise<boolean> {
  // The first run fills the compile cache: figures hold from the second on.
  await run();
  const all: Times[] = [];
  for (let index = 0; index < runs; index++) all.push(await run());
  const middle = (key: keyof Times) => median(all.map((times) => times[key]));
  console.log(`startCluster() of fairlead/testing, medians of ${runs} processes:`);
  console.log(`  process start until the module is loaded: ${middle('loaded').toFixed(0)} ms`);
  const row = (what: string, key: keyof Times) => {
    const value = middle(key);
    console.log(`  ${what}: ${value.toFixed(0)} ms (limit ${limit})${value <= limit ? '' : ' MISSED'}`);
    return value <= limit;
  };
  const met = [
    row('first call, no nodes', 'first'),
    row('second call in the process', 'later'),
    row('third call, with a node', 'node'),
  ].every(Boolean);
  console.log(`  from that call until the node is Ready: ${middle('nodeReady').toFixed(0)} ms`);
  return met;
}

if (import.meta.main) process.exitCode = (await benchTesting()) ? 0 : 1;
