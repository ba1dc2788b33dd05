/**
 * npm runs this before and after `npm pack`: builds `dist/` and puts the published package.json in place, then the
 * repository's back. An interrupted run leaves the repository's in `dist/`; the next one begins by putting it back.
 */
import { existsSync, renameSync } from 'node:fs';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { buildPackage } from './build.ts';
import { publishedManifest } from './manifest.ts';

const root = resolve(import.meta.dirname, '../..');
const manifest = join(root, 'package.json');
const kept = join(root, 'dist/repository-package.json');

function restore(): void {
  if (existsSync(kept)) renameSync(kept, manifest);
}

restore();
if (process.argv[2] !== 'after') {
  await buildPackage();
  const published = publishedManifest(await readFile(manifest, 'utf8'));
  await copyFile(manifest, kept);
  await writeFile(manifest, published);
}
