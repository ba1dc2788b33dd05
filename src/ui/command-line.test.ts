import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { contextFlag, kubectlFor, shellWord } from './command-line.ts';

test('whatever a context is called, the shell reads it as one word', () => {
  for (const name of ["it's", '$(id)', '`id`', 'a b', '-x', '', 'a;b', '"', '\\', '#', '~', 'ü']) {
    const word = shellWord(name);
    const { stdout } = spawnSync('sh', ['-c', `printf %s ${word}`], { encoding: 'utf8' });
    assert.equal(stdout, name);
  }
  assert.equal(kubectlFor('arn:aws:eks:eu-1:123:cluster/Dev'), 'kubectl --context arn:aws:eks:eu-1:123:cluster/Dev');
  assert.equal(kubectlFor(undefined), 'kubectl');
});

test('what a terminal could run when it is pasted, or would not show, is in no command', () => {
  for (const name of ['a\nreboot\n', 'a\r', '\u001b[201~', 'a\u202eb', 'a\u200b', '\u0000', 'a\u2028b']) {
    assert.equal(contextFlag(name), undefined);
    assert.equal(kubectlFor(name), undefined);
  }
});
