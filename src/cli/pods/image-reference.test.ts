import assert from 'node:assert/strict';
import { test } from 'node:test';
import { imageFault } from './image-reference.ts';

test('names of images, and what is wrong with those that are none', () => {
  const sum = 'a1'.repeat(32);
  for (const text of [
    'nginx',
    'nginx:1.27-alpine',
    'fairlead.local/echo',
    'localhost:5000/a/b__c/d-e--f:V1',
    '[::1]:5000/a',
    'Registry.Example.com/team/app',
    `team/app:v1@sha256:${sum}`,
  ])
    assert.equal(imageFault(text), undefined, text);
  for (const [text, fault] of [
    ['x y', 'invalid reference format'],
    ['x::', 'invalid reference format'],
    [':tag', 'invalid reference format'],
    ['a//b', 'invalid reference format'],
    ['-a', 'invalid reference format'],
    [`a:${'t'.repeat(129)}`, 'invalid reference format'],
    ['https://a/b', 'invalid reference format'],
    ['Nginx', 'repository name must be lowercase'],
    [`${'a'.repeat(256)}`, 'repository name must not be more than 255 characters'],
    [`a@sha256:${sum}0`, 'invalid checksum digest length'],
    [`a@sha256:${sum.toUpperCase()}`, 'invalid checksum digest format'],
    [`a@md5:${sum}`, 'unsupported digest algorithm'],
  ] as const)
    assert.equal(imageFault(text), fault, text);
});
