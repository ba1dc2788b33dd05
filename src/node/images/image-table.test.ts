import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { openImageTable, splitCommand } from './image-table.ts';

test('a mapped name stands for all its tags and spellings, a tagged one for its own', () => {
  const table = openImageTable(
    new Map([
      ['busybox', '/bin/sh'],
      ['nginx:1.27', 'nginx -g "daemon off;"'],
    ]),
    '/cache',
  );
  for (const image of ['busybox', 'busybox:1.36', 'docker.io/library/busybox:latest', 'busybox@sha256:abc']) {
    assert.deepEqual(table.resolve(image)?.entrypoint, ['/bin/sh'], image);
  }
  assert.deepEqual(table.resolve('nginx:1.27')?.entrypoint, ['nginx', '-g', 'daemon off;']);
  for (const image of ['nginx', 'nginx:1.28', 'other/busybox', 'localhost:5000/busybox']) {
    assert.equal(table.resolve(image), undefined, image);
  }
});

test('built-in images run on our own Node, and their programs exist', () => {
  const table = openImageTable(new Map(), '/cache');
  for (const image of ['fairlead.local/echo', 'fairlead.local/echo:v1', 'fairlead.local/demo-web']) {
    const program = table.resolve(image);
    assert.equal(program?.entrypoint[0], process.execPath);
    assert.ok(existsSync(program?.entrypoint.at(-1) ?? ''), image);
  }
});

test('where a built-in image listens is known by its arguments', () => {
  const program = openImageTable(new Map(), '/cache').resolve('fairlead.local/echo');
  assert.equal(program?.listensOn?.([]), 8080);
  assert.equal(program?.listensOn?.(['--port', '9000', '--tls-port=9443']), 9000);
  assert.throws(() => program?.listensOn?.(['--prot', '9000']), /Unknown option '--prot'/);
});

test('mappings that make no sense are refused', () => {
  assert.throws(() => openImageTable(new Map([['a', '  ']]), '/cache'), /image a is mapped to an empty command/);
  assert.throws(() => openImageTable(new Map([['fairlead.local/echo', 'x']]), '/cache'), /built in/);
  assert.throws(() => openImageTable(new Map([['a', "sh -c 'x"]]), '/cache'), /unclosed '/);
});

test('command lines are split as a shell splits them, and nothing is expanded', () => {
  assert.deepEqual(splitCommand(`a  "b c" 'd "e"' f\\ g "" $HOME "x\\"y" pre'fix'ed`), [
    'a',
    'b c',
    'd "e"',
    'f g',
    '',
    '$HOME',
    'x"y',
    'prefixed',
  ]);
});
