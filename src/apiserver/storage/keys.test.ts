import assert from 'node:assert/strict';
import { it } from 'node:test';
import { formatKey, keyPrefix, parseKey } from './keys.ts';

it('a key holds group, resource, namespace and name, and is read back', () => {
  const keys = {
    '/registry/core/pods/default/a': { group: '', resource: 'pods', namespace: 'default', name: 'a' },
    '/registry/apps/deployments/x/b': { group: 'apps', resource: 'deployments', namespace: 'x', name: 'b' },
    '/registry/core/nodes/n': { group: '', resource: 'nodes', name: 'n' },
  };
  for (const [text, key] of Object.entries(keys)) {
    assert.equal(formatKey(key), text);
    assert.deepEqual(parseKey(text), key);
    assert.ok(text.startsWith(keyPrefix(key)));
  }
  assert.equal(keyPrefix({ group: '', resource: 'pods' }, 'default'), '/registry/core/pods/default/');
});

it('no name can leave its prefix', () => {
  const pods = { group: '', resource: 'pods' };
  assert.throws(() => formatKey({ ...pods, namespace: 'a', name: 'b/c' }), RangeError);
  assert.throws(() => formatKey({ ...pods, namespace: 'a/b', name: 'c' }), RangeError);
  assert.throws(() => keyPrefix(pods, ''), RangeError);
});

it('other texts are no keys', () => {
  for (const text of [
    '/registry/core/pods',
    '/registry/core/pods/a/b/c',
    '/registry/core//a',
    '/other/core/pods/a',
    '',
  ]) {
    assert.equal(parseKey(text), undefined, text);
  }
});
