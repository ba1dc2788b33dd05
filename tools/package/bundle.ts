/** The command line as one file, in CommonJS, and its most used commands as another: there every module, and each of Node's that it needs, is loaded on use. */
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { lazyBuiltins } from './lazy-builtins.ts';

export async function bundleCommandLine(root: string, dist: string): Promise<void> {
  const common = { platform: 'node', format: 'cjs', minify: true, legalComments: 'none', logLevel: 'warning' } as const;
  const { metafile } = await build({
    ...common,
    entryPoints: { cli: join(root, 'bin/fairlead.ts'), quick: join(root, 'bin/quick.ts') },
    outdir: dist,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    target: 'node24',
    // Node's own modules by `require`: `import()` would start the loader of ES modules for them.
    supported: { 'dynamic-import': false },
    metafile: true,
    banner: { js: twinAddresses },
    plugins: [moduleAddresses(root), await lazyBuiltins(root)],
  });
  const bundles = ['cli.cjs', 'quick.cjs'];
  for (const file of bundles) await escapeNonAscii(join(dist, file));
  // An old Node must be able to read it, to say that it is too old.
  await build({
    ...common,
    entryPoints: [join(root, 'bin/installed.ts')],
    outfile: join(dist, 'bin/fairlead.cjs'),
    bundle: true,
    target: 'node14',
    define: { BUNDLES_IDENTITY: JSON.stringify(await identityOf(bundles.map((file) => join(dist, file)))) },
  });
  await writeFile(join(dist, 'THIRD-PARTY.txt'), await noticesOf(Object.keys(metafile.inputs), root));
}

/** At the head of the bundle, which lies at the root of `dist/`. */
const twinAddresses = `
const __twin = (path) => require('node:path').join(__dirname, path);
const __moduleUrl = (path) => require('node:url').pathToFileURL(__twin(path)).href;
const __moduleDirectory = (path) => require('node:path').dirname(__twin(path));
`;

/** In the bundle a module's `import.meta` tells of its emitted twin below `dist/`, so that what lies beside that is found. */
function moduleAddresses(root: string): Plugin {
  return {
    name: 'module-addresses',
    setup(build) {
      build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        const text = await readFile(path, 'utf8');
        if (!text.includes('import.meta')) return undefined;
        const twin = relative(root, path).replace(/\.ts$/, '.js');
        const contents = text
          .replaceAll('import.meta.url', `__moduleUrl(${JSON.stringify(twin)})`)
          .replaceAll('import.meta.dirname', `__moduleDirectory(${JSON.stringify(twin)})`);
        if (contents.includes('import.meta'))
          throw new Error(`${path}: only import.meta.url and .dirname are known here`);
        return { contents, loader: 'ts' };
      });
    },
  };
}

/** One other character, which esbuild leaves in regular expressions, would have all of the text read as UTF-16. Only the launcher is a program. */
async function escapeNonAscii(file: string): Promise<void> {
  const text = (await readFile(file, 'utf8')).replace(/^#!.*\n/, '');
  const escaped = text.replace(
    /[^\0-\x7f]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  await writeFile(file, escaped);
}

async function identityOf(files: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) hash.update(await readFile(file));
  return hash.digest('hex').slice(0, 32);
}

/** The licences of the packages whose code is in the bundle, which ask to go with it. */
async function noticesOf(inputs: readonly string[], root: string): Promise<string> {
  const packages = new Set(inputs.flatMap((input) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? []));
  const texts = await Promise.all(
    [...packages].sort().map(async (name) => {
      const folder = dirname(join(root, 'node_modules', name, 'package.json'));
      return `cli.cjs contains ${name}:\n\n${await readFile(join(folder, 'LICENSE'), 'utf8')}`;
    }),
  );
  return texts.join('\n\n');
}
