/** Checks the direction of imports and that there is no cycle, names, lengths, and that sockets are reset in one place. `npm test` runs it. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const source = join(root, 'src');

/** Who may import whom, besides itself: the layers of the design, lowest first. */
const ground = ['lib', 'api', 'net'];
const reachesClusterByClient = [...ground, 'client'];
const allowed: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  api: ['lib'],
  net: ['lib', 'api'],
  client: ground,
  apiserver: ground,
  controllers: reachesClusterByClient,
  node: reachesClusterByClient,
  gateway: reachesClusterByClient,
  balancer: reachesClusterByClient,
  // The page is mounted in the gateway and speaks its interface.
  ui: [...reachesClusterByClient, 'gateway'],
  cli: [...reachesClusterByClient, 'apiserver', 'controllers', 'node', 'gateway', 'balancer', 'ui', 'cluster'],
  cluster: [...reachesClusterByClient, 'apiserver', 'controllers', 'node', 'gateway', 'ui'],
  testing: [...reachesClusterByClient, 'apiserver', 'node', 'cluster'],
};
const forbiddenNames = /^(index|utils?|helpers?|misc|manager|common)\.ts$/;

const problems: string[] = [];
const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts') && !file.startsWith('ui/browser/'))
  .map((file) => join(source, file));
const graph = new Map<string, string[]>();

function layerOf(file: string): string {
  const first = relative(source, file).split('/')[0] ?? '';
  return first.replace(/\.ts$/, '');
}

for (const file of files) {
  const name = relative(root, file);
  const text = readFileSync(file, 'utf8');
  const isTest = /\.test\.ts$/.test(file);
  if (forbiddenNames.test(file.slice(file.lastIndexOf('/') + 1))) problems.push(`${name}: a name that says nothing`);
  const lines = text.split('\n').length;
  if (lines > 400 && !name.includes('/generated/') && !name.includes('/types/'))
    problems.push(`${name}: ${lines} lines, at most 400`);
  // In some states of a socket it leaves the process spinning.
  if (!isTest && text.includes('.resetAndDestroy(') && name !== 'src/net/cut.ts')
    problems.push(`${name}: resets a socket by itself, not by cut() of src/net/cut.ts`);
  const layer = layerOf(file);
  if (allowed[layer] === undefined) problems.push(`${name}: unknown layer "${layer}", add it to tools/check-layers.ts`);
  const targets: string[] = [];
  for (const match of text.matchAll(
    /^\s*(?:import|export)\s(?!type\b)[^;]*?from\s+'(\.[^']+)'|\bimport\('(\.[^']+)'\)/gm,
  )) {
    const target = resolve(dirname(file), match[1] ?? match[2] ?? '');
    if (match[1] !== undefined) targets.push(target);
  }
  for (const match of text.matchAll(/(?:from\s+|import\()'(\.[^']+)'/g)) {
    const target = resolve(dirname(file), match[1] ?? '');
    if (!target.startsWith(`${source}/`)) {
      if (!isTest && !target.startsWith(join(root, 'examples')))
        problems.push(`${name}: imports ${relative(root, target)}, outside src`);
      continue;
    }
    const to = layerOf(target);
    if (to !== layer && !(allowed[layer] ?? []).includes(to) && !isTest) {
      problems.push(`${name}: ${layer} may not import ${to} (${relative(root, target)})`);
    }
  }
  graph.set(file, targets);
}

/** Depth-first search; a module met again on the way down closes a cycle. Type-only and dynamic imports do not count. */
const done = new Set<string>();
function findCycle(file: string, path: string[]): void {
  const at = path.indexOf(file);
  if (at >= 0) {
    problems.push(`cycle: ${[...path.slice(at), file].map((step) => relative(root, step)).join(' -> ')}`);
    return;
  }
  if (done.has(file)) return;
  for (const target of graph.get(file) ?? []) findCycle(target, [...path, file]);
  done.add(file);
}
for (const file of graph.keys()) findCycle(file, []);

for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
console.log(`layers: ${files.length} files, no import against the direction, no cycle`);
