import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contextAliases } from './contexts.ts';

test('a context becomes a label', () => {
  assert.deepEqual(contextAliases(['arn:aws:eks:eu-1:123:cluster/Dev', '_admin@prod_']), [
    'arn-aws-eks-eu-1-123-cluster-dev',
    'admin-prod',
  ]);
  const [long = '', longer = ''] = contextAliases(['x'.repeat(80), 'x'.repeat(81)]);
  assert.match(long, /^x{56}-[0-9a-f]{6}$/);
  assert.notEqual(long, longer);
});

test('contexts whose labels would be the same, none, or a word of host names are told apart by a hash', () => {
  const aliases = contextAliases(['Dev', 'dev', 'prod', '☁', 'svc', 'pod']);
  assert.equal(new Set(aliases).size, 6);
  const [upper, lower, prod, cloud, svc, pod] = aliases;
  for (const alias of [upper, lower]) assert.match(alias ?? '', /^dev-[0-9a-f]{6}$/);
  assert.equal(prod, 'prod');
  assert.match(cloud ?? '', /^context-[0-9a-f]{6}$/);
  assert.match(svc ?? '', /^svc-[0-9a-f]{6}$/);
  assert.match(pod ?? '', /^pod-[0-9a-f]{6}$/);
});
