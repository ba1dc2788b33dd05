/** The published package.json, from that of the repository. */

/** What programs import, as module paths in the source tree and in `dist/`; `*` stands for any name. */
const entryPoints = {
  './client': 'src/client/client',
  './client/types/*': 'src/api/types/*',
  './testing': 'src/testing',
} as const;

export const entryModules: readonly string[] = Object.values(entryPoints);

/** As text. The repository's own stays private: only a package made of it can be published. */
export function publishedManifest(text: string): string {
  const manifest: unknown = JSON.parse(text);
  if (!isRecord(manifest)) throw new Error('package.json is no object');
  const { private: _, scripts, devDependencies: _dev, optionalDependencies, ...kept } = manifest;
  const nodeVersions = isRecord(kept.engines) ? kept.engines.node : undefined;
  if (typeof nodeVersions !== 'string') throw new Error('package.json does not say which versions of Node it needs');
  // The launcher's own Node: a hundred megabytes that an installed program has no use for.
  const optional = Object.entries(isRecord(optionalDependencies) ? optionalDependencies : {}).filter(
    ([name]) => !/^node-(linux|darwin|win)/.test(name),
  );
  const exported = Object.entries(entryPoints).map(([name, module]) => [
    name,
    { types: `./dist/${module}.d.ts`, default: `./dist/${module}.js` },
  ]);
  const published = {
    ...kept,
    // Where npm fails half way this one is left in the checkout: with them the next `npm pack` mends that.
    scripts: Object.fromEntries(
      Object.entries(isRecord(scripts) ? scripts : {}).filter(([name]) => name === 'prepack' || name === 'postpack'),
    ),
    optionalDependencies: Object.fromEntries(optional),
    bin: {
      fairlead: './dist/bin/fairlead.cjs',
      // kubectl finds its plugins, and their completions, by these names.
      'kubectl-fairlead': './dist/bin/fairlead.cjs',
      'kubectl_complete-fairlead': './dist/bin/fairlead.cjs',
    },
    exports: { ...Object.fromEntries(exported), './package.json': './package.json' },
    // Programs that are compiled need the types of the Node that they run on; those that only run do not.
    peerDependencies: { '@types/node': nodeVersions },
    peerDependenciesMeta: { '@types/node': { optional: true } },
  };
  return `${JSON.stringify(published, null, 2)}\n`;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
