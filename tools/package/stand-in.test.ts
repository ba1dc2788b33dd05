import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { restore, standIn } from './stand-in.ts';

const scripts = { prepack: 'build', postpack: 'restore', test: 'test' };
const repository = `${JSON.stringify({ name: 'it', private: true, engines: { node: '>=24' }, scripts })}\n`;

/** A checkout with the repository's package.json, built. */
function checkout() {
  const root = mkdtempSync(join(tmpdir(), 'fairlead-pack-'));
  mkdirSync(join(root, 'dist'));
  const manifest = join(root, 'package.json');
  writeFileSync(manifest, repository);
  return { root, manifest, [Symbol.dispose]: () => rmSync(root, { recursive: true }) };
}

test('an interrupted run is mended by the next, which npm begins in the same way', () => {
  using it = checkout();
  standIn(it.root);
  const left = JSON.parse(readFileSync(it.manifest, 'utf8'));
  assert.equal(left.private, undefined);
  assert.deepEqual(left.scripts, { prepack: 'build', postpack: 'restore' });
  restore(it.root);
  assert.equal(readFileSync(it.manifest, 'utf8'), repository);
  restore(it.root);
  assert.equal(readFileSync(it.manifest, 'utf8'), repository);
});

test('what an interrupted run has kept does not replace a package.json that was put back by hand', () => {
  using it = checkout();
  standIn(it.root);
  const newer = repository.replace('"it"', '"newer"');
  writeFileSync(it.manifest, newer);
  restore(it.root);
  assert.equal(readFileSync(it.manifest, 'utf8'), newer);
});
