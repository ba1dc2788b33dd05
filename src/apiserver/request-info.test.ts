import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StatusError } from '../api/status.ts';
import { parseRequestInfo } from './request-info.ts';

function parse(method: string, url: string) {
  const [path = '', query = ''] = url.split('?');
  return parseRequestInfo(method, path, new URLSearchParams(query));
}

test('a path becomes verb, group, version, resource, namespace, name and subresource', () => {
  const cases: [method: string, url: string, expected: string][] = [
    ['GET', '/api/v1/namespaces', 'list |v1|namespaces||||'],
    ['GET', '/api/v1/namespaces?watch=true', 'watch |v1|namespaces||||'],
    ['GET', '/api/v1/namespaces?watch=0', 'list |v1|namespaces||||'],
    ['GET', '/api/v1/namespaces/a', 'get |v1|namespaces|a|a||'],
    ['PUT', '/api/v1/namespaces/a/finalize', 'update |v1|namespaces|a|a|finalize|'],
    ['GET', '/api/v1/namespaces/a/pods', 'list |v1|pods|a|||'],
    ['GET', '/api/v1/namespaces/a/pods/', 'list |v1|pods|a|||'],
    ['GET', '/api/v1/pods?fieldSelector=metadata.name%3Dx', 'list |v1|pods||x||'],
    ['POST', '/apis/apps/v1/namespaces/a/deployments', 'create apps|v1|deployments|a|||'],
    ['PATCH', '/apis/apps/v1/namespaces/a/deployments/d/scale', 'patch apps|v1|deployments|a|d|scale|'],
    ['DELETE', '/api/v1/namespaces/a/pods', 'deletecollection |v1|pods|a|||'],
    ['DELETE', '/api/v1/nodes/n', 'delete |v1|nodes||n||'],
    ['GET', '/api/v1/watch/namespaces/a/pods/p', 'watch |v1|pods|a|p||'],
    [
      'GET',
      '/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode',
      'get rbac.authorization.k8s.io|v1|clusterroles||system:node||',
    ],
    [
      'GET',
      '/api/v1/namespaces/a/services/https:s:web/proxy/x//y/..%2Fz/',
      'get |v1|services|a|https:s:web|proxy|/x//y/..%2Fz/',
    ],
    ['GET', '/api/v1/namespaces/a/pods/p/proxy/', 'get |v1|pods|a|p|proxy|/'],
    ['GET', '/api/v1/namespaces/a/pods/p/proxy', 'get |v1|pods|a|p|proxy|'],
    ['TRACE', '/api/v1/nodes/n', ' |v1|nodes||n||'],
  ];
  for (const [method, url, expected] of cases) {
    const i = parse(method, url);
    assert.equal(i.isResourceRequest, true, url);
    assert.equal(
      `${i.verb} ${i.group}|${i.version}|${i.resource}|${i.namespace}|${i.name}|${i.subresource}|${i.rest}`,
      expected,
      `${method} ${url}`,
    );
  }
});

test('other paths keep the method as verb', () => {
  for (const path of [
    '/',
    '/version',
    '/healthz/ping',
    '/api',
    '/api/',
    '/apis/apps/v1',
    '/api/v1',
    '/apis/',
    '/openapi/v3',
  ]) {
    const info = parse('GET', path);
    assert.deepEqual([info.isResourceRequest, info.verb, info.path], [false, 'get', path]);
  }
});

test('a path that could be read in two ways is refused', () => {
  const paths = [
    '/api/v1/namespaces/a/pods/..',
    '/api/v1/namespaces/a//pods',
    '/api/v1/namespaces/a/pods%2Fp',
    '/api/v1/namespaces/%2e%2e/pods/p',
    '/api/v1//namespaces',
    '/apis/apps/./v1/deployments',
    '/api/v1/namespaces/a/pods/p%00',
    '/api/v1/namespaces/a/pods/%zz',
    '/api/v1/namespaces/a/pods/%2570',
    'api/v1/pods',
  ];
  for (const path of paths) {
    assert.throws(
      () => parse('GET', path),
      (error) => error instanceof StatusError && error.code === 400,
      path,
    );
  }
});
