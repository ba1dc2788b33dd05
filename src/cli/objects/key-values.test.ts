import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type KeyValueSources, readKeyValues } from './key-values.ts';

let cwd = '';

before(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'fairlead-values-'));
});
after(() => rm(cwd, { recursive: true }));

async function readAsText(sources: Partial<KeyValueSources>, env: NodeJS.ProcessEnv = {}) {
  const all = { 'from-literal': [], 'from-file': [], 'from-env-file': [], ...sources };
  const values = await readKeyValues(all, { cwd, env });
  return Object.fromEntries([...values].map(([key, value]) => [key, value.toString()]));
}

test('quotes of a literal belong to its value', async () => {
  const literals = ['a="a b"', 'b=""', "c=''", "d='x'", `e='`, 'f='];
  assert.deepEqual(await readAsText({ 'from-literal': literals }), {
    a: '"a b"',
    b: '""',
    c: "''",
    d: "'x'",
    e: "'",
    f: '',
  });
  await assert.rejects(readAsText({ 'from-literal': ["'a=b'"] }), /"'a" cannot be a key/);
});

test('a file of variables: values as they stand, a name alone from the environment', async () => {
  await writeFile(join(cwd, 'env'), '\uFEFFA=1\n\n  # c\r\n  B="x y" \nSET\nUNSET\n \nEMPTY=\r\nlast');
  assert.deepEqual(await readAsText({ 'from-env-file': ['env'] }, { SET: 'here', A: 'unused' }), {
    A: '1',
    B: '"x y" ',
    SET: 'here',
    UNSET: '',
    EMPTY: '',
    last: '',
  });
});

test('a file of variables that holds something else is refused', async () => {
  for (const [content, expected] of [
    ['A=1\nexport B=2\n', /^CommandError: env, line 2: "export B" cannot be the name of a variable$/],
    ['A \n', /line 1: "A " cannot be the name/],
    ['1A=1\n', /line 1: "1A" cannot be the name/],
    ['A=1\nA=2\n', /the key "A" is given twice/],
    [Buffer.from([65, 61, 255]), /^CommandError: env is no UTF-8 text: save it as such, or give it with --from-file$/],
  ] as const) {
    await writeFile(join(cwd, 'env'), content);
    await assert.rejects(readAsText({ 'from-env-file': ['env'] }), expected);
  }
});
