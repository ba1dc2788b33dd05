/** The published package.json in the place of the repository's while npm packs, and the way back. */
import { copyFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRecord, publishedManifest } from './manifest.ts';

const manifestOf = (root: string): string => join(root, 'package.json');
/** The repository's own, while the other is in its place. */
const keptOf = (root: string): string => join(root, 'dist/repository-package.json');

/** Needs `dist/`. Whenever it is interrupted, `restore` finds one of the two whole in its place. */
export function standIn(root: string): void {
  const manifest = manifestOf(root);
  const next = join(root, 'dist/published-package.json');
  writeFileSync(next, publishedManifest(readFileSync(manifest, 'utf8')));
  copyFileSync(manifest, keptOf(root));
  renameSync(next, manifest);
}

/** Does nothing where the repository's is in its place, which an older one that was left must not replace. */
export function restore(root: string): void {
  const manifest = manifestOf(root);
  if (!existsSync(keptOf(root))) return;
  const inPlace: unknown = JSON.parse(readFileSync(manifest, 'utf8'));
  if (isRecord(inPlace) && inPlace.private !== true) renameSync(keptOf(root), manifest);
}
