/**
 * Builds `dist/`, the published form: `cli.cjs`, the whole command line in one file; `src/`, every module as an ES module with
 * its types, for the entry points and for the threads and processes that the command line starts; the data and pages beside
 * them. Run alone: `tools/with-node tools/package/build.ts`.
 */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { chmod, cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { bundleCommandLine } from './bundle.ts';
import { isRecord } from './manifest.ts';
import { pruneDeclarations } from './prune-declarations.ts';

const root = resolve(import.meta.dirname, '../..');

/** Folders of files that modules read at run time, from where they lie beside their source. */
const dataFolders = ['src/**/generated', 'src/ui/browser', 'examples/demo'];
const isData = (path: string): boolean => !/\.tsx?$|tsconfig\.json$/.test(path);

export async function buildPackage(): Promise<void> {
  const dist = join(root, 'dist');
  await rm(dist, { recursive: true, force: true });
  emitModules();
  for (const folder of globSync(dataFolders, { cwd: root })) {
    await cp(join(root, folder), join(dist, folder), { recursive: true, filter: isData });
  }
  const manifest: unknown = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const { name, version } = isRecord(manifest) ? manifest : {};
  // Modules below find here, as in the source tree, of which kind they are and which version this is.
  await writeFile(join(dist, 'package.json'), `${JSON.stringify({ name, version, type: 'module' })}\n`);
  await bundleCommandLine(root, dist);
  await chmod(join(dist, 'bin/fairlead.cjs'), 0o755);
  await pruneDeclarations(dist);
}

function emitModules(): void {
  const { status } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', 'tools/package/tsconfig.json'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error('tsc could not emit the modules: see above');
}

if (import.meta.main) await buildPackage();
