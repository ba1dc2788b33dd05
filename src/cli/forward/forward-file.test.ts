import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { findForwardFile, parseForwardFile } from './forward-file.ts';

test('entries take context and namespace from the file, unless they say their own', async () => {
  const text = `
context: staging
namespace: shop
forwards:
  - to: db:5432
    local: 15432
  - to: front/web:http      # a comment
    context: arn:aws:eks:eu-1:123:cluster/Dev
    local: 8080
  - {to: pod/db-0, local: 0, namespace: data, protocol: tcp}
`;
  assert.deepEqual(await parseForwardFile(text, 'fairlead.yaml'), [
    { target: { kind: 'service', name: 'db', namespace: 'shop', port: '5432' }, context: 'staging', local: 15432 },
    {
      target: { kind: 'service', name: 'web', namespace: 'front', port: 'http' },
      context: 'arn:aws:eks:eu-1:123:cluster/Dev',
      local: 8080,
    },
    { target: { kind: 'pod', name: 'db-0', namespace: 'data', port: undefined }, context: 'staging', local: 0 },
  ]);
});

test('what is wrong is said with file, line and field', async () => {
  const cases: [text: string, message: RegExp][] = [
    ['', /^f\.yaml:1: the file must be a mapping of forwards, context, namespace$/],
    ['- a\n', /^f\.yaml:1: the file must be a mapping/],
    ['namespace: shop\n', /^f\.yaml:1: forwards: a list with one entry at least is needed$/],
    ['namespace: shop\nforwards: []\n', /^f\.yaml:2: forwards: a list/],
    [
      'forwards:\n  - to: db\n    lcoal: 1\n',
      /^f\.yaml:3: forwards\[0\]\.lcoal: unknown field; did you mean "local"\?$/,
    ],
    ['forward:\n  - to: db\n', /^f\.yaml:1: forward: unknown field; did you mean "forwards"\?$/],
    ['forwards:\n  - local: 1\n', /^f\.yaml:2: forwards\[0\]\.to: what to forward to is needed/],
    ['forwards:\n  - to: db\n', /^f\.yaml:2: forwards\[0\]\.local: a port of this machine is needed/],
    ['forwards:\n  - to: db\n    local: 70000\n', /^f\.yaml:3: forwards\[0\]\.local: a port of this machine/],
    ['forwards:\n  - to: db\n    local: "80"\n', /^f\.yaml:3: forwards\[0\]\.local: a port of this machine/],
    [
      'forwards:\n  - {to: a, local: 81}\n  - {to: b, local: 81}\n',
      /^f\.yaml:3: forwards\[1\]\.local: port 81 is taken by forwards\[0\]$/,
    ],
    [
      'forwards:\n  - to: deploy/web\n    local: 1\n',
      /^f\.yaml:2: forwards\[0\]\.to: "deploy\/web": a forward leads to a service or to one pod/,
    ],
    ['forwards:\n  - to: Not A Name\n    local: 1\n', /^f\.yaml:2: forwards\[0\]\.to: invalid target "Not A Name"/],
    [
      'forwards:\n  - to: shop/db\n    namespace: other\n    local: 1\n',
      /^f\.yaml:3: forwards\[0\]\.namespace: "other" contradicts "shop\/db"$/,
    ],
    [
      'forwards:\n  - to: dns\n    protocol: UDP\n    local: 53\n',
      /^f\.yaml:3: forwards\[0\]\.protocol: UDP cannot be forwarded/,
    ],
    ['forwards:\n  - to: dns:53/udp\n    local: 53\n', /^f\.yaml:2: forwards\[0\]\.to: .*UDP cannot be forwarded/],
    ['forwards:\n  - to: [a\n', /^f\.yaml:3: /],
    ['forwards:\n  - db\n', /^f\.yaml:2: forwards\[0\] must be a mapping of to, local/],
  ];
  for (const [text, message] of cases) await assert.rejects(parseForwardFile(text, 'f.yaml'), { message }, text);
});

test('the example is one', async () => {
  const directory = resolve(import.meta.dirname, '../../../examples/forward');
  assert.deepEqual(
    (await findForwardFile(directory))?.forwards.map(({ local }) => local),
    [15432, 8080, 3000],
  );
});

test('the nearest file from a directory upwards is taken, and named as seen from there', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-forward-'));
  try {
    const deep = join(directory, 'a', 'b');
    await mkdir(deep, { recursive: true });
    await writeFile(join(directory, 'fairlead.yaml'), 'forwards:\n  - {to: shop/db, local: 15432}\n');
    assert.equal((await findForwardFile(deep))?.path, join(directory, 'fairlead.yaml'));
    await writeFile(join(directory, 'a', 'fairlead.yaml'), 'nothing: 1\n');
    await assert.rejects(findForwardFile(deep), { message: /^\.\.\/fairlead\.yaml:1: nothing: unknown field/ });
  } finally {
    await rm(directory, { recursive: true });
  }
});
