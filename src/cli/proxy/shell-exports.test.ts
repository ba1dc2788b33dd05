import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { formatExports, formatUnset, proxyExports, shellOf } from './shell-exports.ts';

test('values reach the shell as they are', () => {
  const kubeconfig = "/home/it's $me/a\\b `c`";
  const lines = formatExports(proxyExports({ port: 8002, kubeconfig }), 'sh');
  const seen = execFileSync('sh', ['-c', `${lines}printf %s "$KUBECONFIG|$http_proxy"`], { encoding: 'utf8' });
  assert.equal(seen, `${kubeconfig}|http://localhost:8002`);
  assert.equal(formatExports({ A: kubeconfig }, 'fish'), "set -gx A '/home/it\\'s $me/a\\\\b `c`'\n");
  assert.equal(formatExports({ A: kubeconfig }, 'powershell'), "$Env:A = '/home/it''s $me/a\\b `c`'\n");
  assert.equal(formatUnset({ A: '' }, 'fish'), 'set -e A\n');
});

test('a shell is known by its path', () => {
  assert.equal(shellOf('/usr/bin/fish'), 'fish');
  assert.equal(shellOf('/bin/zsh'), 'sh');
  assert.equal(shellOf('/opt/fisher/bash'), 'sh');
  assert.equal(shellOf(undefined), 'sh');
});
