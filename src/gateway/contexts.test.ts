import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openGatewayFixture } from '../../test/gateway-fixture.ts';
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

test('each context has its names; what is wrong with one is its own', async () => {
  const unusable = [{ name: 'broken', alias: 'broken', why: 'Its certificate is missing.' }];
  await using gateway = await openGatewayFixture({ context: 'dev', others: ['Staging', 'far'], unusable });
  const [staging, far] = gateway.others;
  gateway.cluster.setService(
    'web',
    [
      { name: 'a', port: 1 },
      { name: 'b', port: 2 },
    ],
    [],
  );
  staging?.setService(
    'web',
    [
      { name: 'a', port: 1 },
      { name: 'b', port: 2 },
    ],
    [],
  );
  await far?.[Symbol.asyncDispose]();
  const ask = (host: string) => gateway.ask('/', { host, headers: { Accept: 'text/html' } });
  const own = await ask('web.shop.localhost');
  assert.match(own.body, new RegExp(`href="http://a\\.web\\.shop\\.svc\\.localhost:${gateway.port}/"`));
  const other = await ask('web.shop.svc.staging.localhost');
  assert.match(other.body, new RegExp(`href="http://a\\.web\\.shop\\.svc\\.staging\\.localhost:${gateway.port}/"`));
  assert.match(
    (await ask('web.shop.svc.broken.localhost')).body,
    /broken&#34; cannot be used.*Its certificate is missing/s,
  );
  assert.match((await ask('web.shop.svc.nope.localhost')).body, /No context .*nope.*dev.*staging.*Staging.*far/s);
  assert.equal((await ask('web.shop.svc.far.localhost')).status, 502);
  assert.equal((await ask('web.shop.svc.dev.localhost')).status, 300);
  assert.ok(staging?.requests.every(({ headers }) => headers.authorization === 'Bearer of Staging'));
});
