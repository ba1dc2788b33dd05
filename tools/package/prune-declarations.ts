/** Takes the type declarations out of `dist/` that no published entry point leads to. */
import { globSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { entryModules } from './manifest.ts';

export async function pruneDeclarations(dist: string): Promise<void> {
  const kept = new Set<string>();
  const visit = async (file: string): Promise<void> => {
    if (kept.has(file)) return;
    kept.add(file);
    const text = await readFile(file, 'utf8');
    for (const [, path = ''] of text.matchAll(/(?:from\s+|import\(|import\s+)['"](\.[^'"]+)['"]/g)) {
      await visit(resolve(dirname(file), path.replace(/\.[jt]s$/, '.d.ts')));
    }
  };
  for (const module of entryModules) {
    for (const file of globSync(join(dist, `${module}.d.ts`))) await visit(file);
  }
  for (const file of globSync(join(dist, '**/*.d.ts'))) if (!kept.has(file)) await rm(file);
}
