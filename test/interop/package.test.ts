/** The package as users have it: packed, installed into an empty project, and run from what was emitted. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { Home } from '../fairlead-process.ts';
import { peerPath } from '../peers/build.ts';

const root = resolve(import.meta.dirname, '../..');
const kubectl = peerPath('kubectl');
const noKubectl = existsSync(kubectl) ? false : 'kubectl is not built: run npm run test:interop';

let home: Home;
let project: string;
let env: Record<string, string | undefined>;

/** As a user would: by the names that npm links, and the Node of these tests under its own. */
const run = (program: string, ...args: string[]) => home.run(program, args, '', env);
const installed = (...args: string[]) => run(join(project, 'node_modules/.bin/fairlead'), ...args);

async function succeeds(...[program, ...args]: [string, ...string[]]): Promise<string> {
  const { code, stdout, stderr } = await run(program, ...args);
  assert.equal(code, 0, `${program} ${args.join(' ')}: ${stdout}${stderr}`);
  return stdout;
}

before(async () => {
  home = await Home.make();
  project = join(home.directory, 'project');
  const bin = join(home.directory, 'bin');
  await Promise.all([mkdir(project), mkdir(bin)]);
  await symlink(process.execPath, join(bin, 'node'));
  const path = process.env.PATH ?? '';
  // npm keeps what it fetched before; nothing else is the developer's own.
  const cache = process.env.npm_config_cache ?? join(process.env.HOME ?? '', '.npm');
  env = {
    PATH: `${join(project, 'node_modules/.bin')}:${bin}:${path}`,
    npm_config_cache: cache,
    NODE_COMPILE_CACHE: undefined,
  };
  const before = await readFile(join(root, 'package.json'), 'utf8');
  const packed = await succeeds('npm', 'pack', root, '--silent', '--pack-destination', home.directory);
  assert.equal(await readFile(join(root, 'package.json'), 'utf8'), before);
  await writeFile(join(project, 'package.json'), '{ "type": "module" }');
  const tarball = join(home.directory, packed.trim().split('\n').at(-1) ?? '');
  // The types of the oldest Node that it runs on: the newest are what the repository itself is checked with.
  const types = `@types/node@${/\d+/.exec(JSON.parse(before).engines.node)?.[0]}`;
  await succeeds('npm', 'install', '--silent', '--no-audit', '--no-fund', '--prefix', project, tarball, types);
});

after(() => home?.[Symbol.asyncDispose]());

test('it is small, needs no Node of its own, and brings its licence', async () => {
  const manifest = JSON.parse(await readFile(join(project, 'node_modules/fairlead/package.json'), 'utf8'));
  assert.equal(manifest.private, undefined);
  assert.equal(manifest.engines.node, '>=24');
  for (const section of ['dependencies', 'optionalDependencies']) {
    assert.ok(!Object.keys(manifest[section] ?? {}).some((name) => /^node-(linux|darwin|win)/.test(name)));
  }
  const names = await readdir(join(project, 'node_modules/fairlead'));
  assert.deepEqual(names.sort(), ['LICENSE', 'README.md', 'dist', 'docs', 'examples', 'package.json']);
  const sizeOf = async (name: string) => (await stat(join(project, 'node_modules/fairlead/dist', name))).size;
  assert.ok((await sizeOf('cli.cjs')) < 3_000_000);
  assert.ok((await sizeOf('quick.cjs')) < (await sizeOf('cli.cjs')) / 2, 'what starts fastest has only what it needs');
  assert.match(await readFile(join(project, 'node_modules/fairlead/dist/THIRD-PARTY.txt'), 'utf8'), /contains yaml/);
});

test('the command line runs in its own process, finds itself compiled, and says who it is', async () => {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  for (const _ of ['compiles', 'finds it compiled']) {
    assert.deepEqual(await installed('version', '--client'), {
      code: 0,
      stdout: `Client Version: v${version}\n`,
      stderr: '',
    });
  }
  const compiled = join(home.directory, '.cache/fairlead/compiled');
  assert.deepEqual(await readdir(compiled), ['version.code']);
  assert.equal((await stat(join(compiled, 'version.code'))).mode & 0o077, 0);
  assert.equal((await stat(join(home.directory, '.cache/fairlead'))).mode & 0o022, 0);
  assert.equal((await installed('get', 'pods', '--kustomize=x')).code, 2);
  assert.match((await installed('--help')).stdout, /fairlead up --demo/);
});

test('compiled code of another version, and what is none, is not run but replaced', async () => {
  const file = join(home.directory, '.cache/fairlead/compiled/version.code');
  assert.equal((await installed('version', '--client')).code, 0);
  const code = await readFile(file);
  const spoiled = {
    'another version': Buffer.concat([Buffer.from('0'.repeat(32)), code.subarray(32)]),
    'cut off': code.subarray(0, code.length / 2),
    nothing: Buffer.alloc(0),
    zeros: Buffer.concat([code.subarray(0, 32), Buffer.alloc(code.length - 32)]),
  };
  for (const [what, bytes] of Object.entries(spoiled)) {
    await writeFile(file, bytes);
    const { code: exitCode, stdout, stderr } = await installed('version', '--client');
    assert.deepEqual([exitCode, stderr], [0, ''], what);
    assert.match(stdout, /^Client Version: v/, what);
    assert.ok(Math.abs((await stat(file)).size - code.length) < code.length / 4, what);
  }
  // What was kept is used as it is.
  const before = (await stat(file)).mtimeMs;
  assert.equal((await installed('version', '--client')).code, 0);
  assert.equal((await stat(file)).mtimeMs, before);
});

test('a cluster with its sample application, page and pods; kubectl, and kubectl fairlead', {
  skip: noKubectl,
}, async () => {
  const up = await installed('up', '--detach', '--demo', '--api-port=0', '--gateway-port=0', '-o', 'json');
  assert.equal(up.code, 0, up.stderr);
  try {
    const { gatewayUrl } = JSON.parse(up.stdout);
    const theirs = await succeeds(kubectl, 'get', 'pods', '-n', 'demo', '-o', 'name');
    assert.match(theirs, /^pod\/echo-\S+\npod\/echo-/);
    assert.equal(await succeeds(kubectl, 'fairlead', 'get', 'pods', '-n', 'demo', '-o', 'name'), theirs);
    assert.match(await succeeds(kubectl, '__complete', 'fairlead', 'get', 'po'), /^pods\t/m);
    const page = await fetch(gatewayUrl, { headers: { Accept: 'text/html' } });
    assert.match(await page.text(), /<script[^>]+page\.js/);
    assert.equal((await fetch(new URL('.fairlead/page.js', gatewayUrl))).status, 200);
    await succeeds(kubectl, 'get', '--raw', '/openapi/v3');
    await succeeds(kubectl, 'explain', 'pod.spec.containers');
  } finally {
    assert.equal((await installed('down', '--delete')).code, 0);
  }
});

test('a program with the library and its types, and a cluster for tests', async () => {
  await writeFile(
    join(project, 'program.ts'),
    `import { type Cluster, connect, isReason } from 'fairlead/client';
import type { ConfigMap } from 'fairlead/client/types/core-v1';
import { startCluster } from 'fairlead/testing';

await using cluster = await startCluster({ nodes: 0 });
const client: Cluster = await connect({ config: cluster.config });
const settings: ConfigMap = await client.resource('v1', 'ConfigMap').create({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', namespace: 'default' },
  data: { colour: 'blue' },
});
const missing = await client.resource('v1', 'ConfigMap').get('nope').catch((error: unknown) => isReason(error, 'NotFound'));
console.log(settings.data?.colour, missing);
await client[Symbol.asyncDispose]();
`,
  );
  const options = { target: 'esnext', module: 'nodenext', strict: true, skipLibCheck: false, types: ['node'] };
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['program.ts'] }));
  const compile = (...flags: string[]) => succeeds(join(root, 'node_modules/.bin/tsc'), '-p', project, ...flags);
  await compile();
  assert.equal(await succeeds('node', join(project, 'program.js')), 'blue true\n');
  await compile('--module', 'esnext', '--moduleResolution', 'bundler', '--noEmit');
});

test('a cluster that keeps its data has its thread for it', async () => {
  const directory = join(home.directory, 'kept');
  await mkdir(directory);
  await writeFile(
    join(project, 'kept.js'),
    `import { startCluster } from 'fairlead/testing';
{
  await using cluster = await startCluster({ nodes: 0, dataDir: ${JSON.stringify(directory)} });
  await cluster.client.resource('v1', 'Namespace').create({ metadata: { name: 'kept' } });
}
await using cluster = await startCluster({ nodes: 0, dataDir: ${JSON.stringify(directory)} });
console.log((await cluster.client.resource('v1', 'Namespace').get('kept')).metadata.name);
`,
  );
  assert.equal(await succeeds('node', join(project, 'kept.js')), 'kept\n');
});
