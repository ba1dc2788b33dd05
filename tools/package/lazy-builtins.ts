/** In the bundle a module of Node's is loaded when something of it is first used, and not with whatever imports it. */
import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plugin } from 'esbuild';

export async function lazyBuiltins(root: string): Promise<Plugin> {
  const names = await namesImported(root);
  return {
    name: 'lazy-builtins',
    setup(build) {
      build.onResolve({ filter: /^node:/ }, ({ path, kind }) => {
        // What is loaded by `import()` is loaded on use as it is.
        const statement = kind === 'import-statement' && names.has(path);
        return statement ? { path, namespace: 'lazy-builtin' } : { path, external: true };
      });
      build.onLoad({ filter: /.*/, namespace: 'lazy-builtin' }, ({ path }) => {
        const getters = [...(names.get(path) ?? [])].map((name) => `get ${name}() { return load().${name}; }`);
        const contents = `let loaded; const load = () => (loaded ??= require(${JSON.stringify(path)})); module.exports = { ${getters.join(', ')} };`;
        return { contents, loader: 'js' };
      });
    },
  };
}

/** What the source imports by name of each of Node's modules; those that something imports as a whole, or for their effect, are left out. */
async function namesImported(root: string): Promise<Map<string, Set<string>>> {
  const names = new Map<string, Set<string>>();
  const whole = new Set<string>();
  for (const file of globSync(['src/**/*.ts', 'bin/*.ts'], { cwd: root })) {
    const text = await readFile(join(root, file), 'utf8');
    // Imported for its effect, which is wanted then and there.
    for (const [, path = ''] of text.matchAll(/^import '(node:[^']+)'/gm)) whole.add(path);
    for (const [, clause = '', path = ''] of text.matchAll(/^import (?!type\b)([^;]*?) from '(node:[^']+)'/gm)) {
      const list = /^\{([^}]*)\}$/.exec(clause)?.[1];
      if (list === undefined) whole.add(path);
      for (const entry of (list ?? '').split(',')) {
        const name = entry.trim().replace(/ as .*$/, '');
        if (name === '' || name.startsWith('type ')) continue;
        names.set(path, (names.get(path) ?? new Set()).add(name));
      }
    }
  }
  for (const path of whole) names.delete(path);
  return names;
}
