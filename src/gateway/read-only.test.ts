import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openGatewayFixture } from '../../test/gateway-fixture.ts';

const upgrade = { Connection: 'Upgrade', Upgrade: 'websocket' };

test('what only reads passes', async () => {
  await using gateway = await openGatewayFixture({ rules: { readOnly: true } });
  for (const [method, path] of [
    ['GET', '/'],
    ['GET', '/version'],
    ['GET', '/api/v1/namespaces/n/pods'],
    ['HEAD', '/api/v1/namespaces/n/pods/p'],
    ['GET', '/api/v1/namespaces/n/pods/p/log?follow=true'],
    ['GET', '/api/v1/namespaces/n/pods/p/status'],
    ['GET', '/apis/apps/v1/namespaces/n/deployments/d/scale'],
    ['GET', '/api/v1/watch/namespaces/n/pods'],
    ['GET', '/api/v1/namespaces/exec/configmaps/proxy'],
    ['GET', '/apis/custom.metrics.k8s.io/v1beta1/namespaces/n/pods/p/requests'],
    ['OPTIONS', '/api/v1/namespaces/n/pods'],
    ['POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'],
    ['POST', '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews'],
    ['POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews'],
    ['POST', '/apis/authorization.k8s.io/v1/namespaces/n/localsubjectaccessreviews'],
    ['POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews'],
  ]) {
    const { status } = await gateway.ask(path ?? '', {
      ...(method && { method }),
      body: method === 'POST' ? '{}' : '',
    });
    assert.notEqual(status, 403, `${method} ${path}`);
  }
});

test('what writes, leads into the cluster or gives rights away does not', async () => {
  await using gateway = await openGatewayFixture({ rules: { readOnly: true } });
  const asks: [method: string, path: string, headers?: Record<string, string>][] = [
    ['POST', '/api/v1/namespaces/n/pods'],
    ['PUT', '/api/v1/namespaces/n/pods/p'],
    ['PATCH', '/api/v1/namespaces/n/pods/p/status'],
    ['DELETE', '/api/v1/namespaces/n/pods'],
    ['post', '/api/v1/namespaces/n/pods'],
    ['POST', '/api/v1/namespaces/n/pods/p/eviction'],
    ['POST', '/api/v1/namespaces/n/pods/p/binding'],
    ['POST', '/api/v1/namespaces/n/serviceaccounts/s/token'],
    ['POST', '/apis/authentication.k8s.io/v1/tokenreviews'],
    ['POST', '/apis/evil.example/v1/selfsubjectaccessreviews'],
    ['POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews/x'],
    ['GET', '/api/v1/namespaces/n/pods/p/exec'],
    ['GET', '/api/v1/namespaces/n/pods/p/attach'],
    ['GET', '/api/v1/namespaces/n/pods/p/portforward'],
    ['GET', '/api/v1/namespaces/n/pods/p/%70ortforward'],
    ['GET', '/api/v1/namespaces/n/pods/p/PortForward'],
    ['GET', '/api/v1/namespaces/n/pods/p/proxy/'],
    ['GET', '/api/v1/namespaces/n/services/s/proxy/x'],
    ['GET', '/api/v1/nodes/n/proxy/pods'],
    ['GET', '/api/v1/nodes/n/proxy/run/ns/p/c'],
    ['GET', '/api/v1/proxy/namespaces/n/services/s/x'],
    ['GET', '/apis/aggregated.example/v1/namespaces/n/things/t/proxy'],
    ['GET', '/api/v1/namespaces/n/pods', upgrade],
    ['GET', '/api/v1/namespaces/n/pods?watch=true', upgrade],
    ['GET', '/apis/subresources.kubevirt.io/v1/namespaces/n/virtualmachineinstances/v/console', upgrade],
  ];
  for (const [method, path, headers = {}] of asks) {
    const answer = await gateway.ask(path, { method, headers });
    assert.equal(answer.status, 403, `${method} ${path}`);
    if (method !== 'HEAD')
      assert.match(answer.body, /only reads|does not pass on exec|does not pass on attach|does not pass on proxy/);
  }
  assert.deepEqual(
    gateway.cluster.requests.filter(({ headers }) => headers['user-agent'] !== 'fairlead'),
    [],
  );
});

test('applications stay reachable: what they are told is not the cluster`s', async () => {
  await using gateway = await openGatewayFixture({ rules: { readOnly: true } });
  assert.equal((await gateway.ask('/', { host: 'web.shop.localhost', method: 'POST' })).status, 404);
});
