import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { parse } from 'yaml';
import { saveLogin } from './save-login.ts';

const settings = { 'id-token': 'new.id', 'refresh-token': 'new:refresh' };

const block = `# mine
users:
- name: other
  user: {token: "x"}   # keep
- name: u
  user:
    auth-provider: # by hand
      name: oidc
      config:
        client-id: c
        id-token: old.id  # until tomorrow
        idp-issuer-url: 'https://issuer'
# the end
`;

test('only the tokens change: comments, order, quotes and layout stay', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-login-'));
  const file = join(directory, 'config');
  const saved = async (text: string, change: Readonly<Record<string, string>> = settings) => {
    await writeFile(file, text);
    const stderr = new PassThrough();
    await saveLogin({ kubeconfig: file, user: 'u', settings: change }, stderr);
    return { text: await readFile(file, 'utf8'), said: String(stderr.read() ?? '') };
  };
  try {
    assert.equal(
      (await saved(block)).text,
      block
        .replace('old.id  #', '"new.id"  #')
        .replace("'https://issuer'\n", `'https://issuer'\n        refresh-token: "new:refresh"\n`),
    );
    const flow = JSON.stringify(parse(block));
    assert.deepEqual(JSON.parse((await saved(flow)).text).users[1].user['auth-provider'].config, {
      'client-id': 'c',
      'idp-issuer-url': 'https://issuer',
      ...settings,
    });
    const empty = (await saved(block.replace('old.id', ''))).text;
    assert.equal(parse(empty).users[1].user['auth-provider'].config['id-token'], 'new.id');
    const folded = (await saved(block.replace('old.id  # until tomorrow', '>-\n          old\n          id'))).text;
    assert.equal(parse(folded).users[1].user['auth-provider'].config['id-token'], 'new.id');
    const crlf = (await saved(block.replaceAll('\n', '\r\n'))).text;
    assert.doesNotMatch(crlf, /[^\r]\n/);
    assert.equal(parse(crlf).users[1].user['auth-provider'].config['refresh-token'], 'new:refresh');

    const shared = block.replace('old.id', '&t s3cret').replace('token: "x"', 'token: *t');
    for (const text of [
      shared,
      block.replace('name: u\n', 'name: gone\n'),
      'users: [{',
      block.replace('oidc', 'x: ['),
    ]) {
      const left = await saved(text);
      assert.equal(left.text, text);
      assert.match(left.said, /^warning: The renewed login of user "u" is not kept.*was left as it is.*\n$/);
      assert.doesNotMatch(left.said, /s3cret|new[.:]/);
    }
  } finally {
    await rm(directory, { recursive: true });
  }
});
