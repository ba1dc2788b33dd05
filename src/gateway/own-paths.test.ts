import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { openGatewayFixture } from '../../test/gateway-fixture.ts';
import { pacFile } from './pac-file.ts';

test('a browser is told which names to ask the gateway for', async () => {
  await using gateway = await openGatewayFixture({ context: 'Dev', others: ['eu-1'] });
  const pac = await gateway.ask('/proxy.pac');
  assert.equal(pac.headers['content-type'], 'application/x-ns-proxy-autoconfig');
  const find = (host: string): string => runInNewContext(`${pac.body};FindProxyForURL('', ${JSON.stringify(host)})`);
  const ours = `PROXY localhost:${gateway.port}`;
  for (const host of [
    'web.shop.svc',
    'WEB.shop.SVC',
    'web.shop.svc.cluster.local',
    'web-0.shop.pod',
    'web.shop.svc.dev',
    'web.shop.svc.eu-1',
    'web.shop.localhost',
  ])
    assert.equal(find(host), ours, host);
  for (const host of ['localhost', 'example.com', 'web.shop', 'svc', 'web.shop.svc.example', 'web.svc.com', 'xsvc'])
    assert.equal(find(host), 'DIRECT', host);
});

test('a gateway that speaks TLS is told of as such, and a name that it was given stays text', () => {
  const find = (gateway: string, secure: boolean): string => {
    const pac = pacFile({ gateway, secure }, []);
    return runInNewContext(`${pac};FindProxyForURL('', 'web.shop.svc')`);
  };
  assert.equal(find('lead.example.com:8443', true), 'HTTPS lead.example.com:8443');
  assert.equal(find('x" + secret + "', false), 'PROXY x" + secret + "');
});

test('the gateway tells what it serves, without secrets', async () => {
  const unusable = [{ name: 'broken', alias: 'broken', why: 'No file.' }];
  await using gateway = await openGatewayFixture({ context: 'Dev', unusable });
  const { body } = await gateway.ask('/.fairlead/gateway');
  const { server } = gateway.cluster;
  assert.deepEqual(JSON.parse(body), {
    kind: 'FairleadGateway',
    contexts: [
      { name: 'Dev', alias: 'dev', server },
      { name: 'broken', alias: 'broken', server: '', trouble: 'No file.' },
    ],
    fixedPorts: [],
    kubeconfig: null,
  });
  const foreign = { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' };
  assert.equal((await gateway.ask('/.fairlead/gateway', { headers: foreign })).status, 403);
  assert.equal((await gateway.ask('/.fairlead/metrics', { method: 'POST' })).status, 405);
});

test('requests, failures, bytes, streams and servers are counted', async () => {
  const app = createServer((_, response) => response.end('x'.repeat(5000)));
  app.listen(0, '127.0.0.1');
  await once(app, 'listening');
  const db = { kind: 'service', namespace: 'shop', name: 'web', port: '80', alias: undefined } as const;
  await using gateway = await openGatewayFixture({ context: 'dev', fixedPorts: [{ target: db, localPort: 0 }] });
  const port = (app.address() as AddressInfo).port;
  gateway.cluster.setService('web', [{ port: 80 }], [{ name: 'web-1', ports: { 80: port } }]);
  await gateway.ask('/', { host: 'web.shop.localhost' });
  await gateway.ask('/', { host: 'nope.shop.localhost' });
  await gateway.ask('/version');
  const direct = await fetch(`http://127.0.0.1:${gateway.fixedPorts[0]}/`);
  await direct.text();
  const { body, headers } = await gateway.ask('/.fairlead/metrics');
  assert.match(headers['content-type'] ?? '', /^text\/plain; version=0\.0\.4/);
  const value = (name: string): number => {
    const line = body.split('\n').find((each) => each.startsWith(`fairlead_gateway_${name} `));
    assert.ok(line !== undefined, `${name} in ${body}`);
    return Number(line.split(' ').at(-1));
  };
  assert.equal(value('requests_total{part="app",code="200"}'), 1);
  assert.equal(value('requests_total{part="app",code="404"}'), 1);
  assert.equal(value('requests_total{part="api",code="200"}'), 1);
  assert.equal(value('requests_in_flight{part="api"}'), 1);
  assert.equal(value('failures_total{part="app",reason="NotFound"}'), 1);
  assert.equal(value('streams_total{carrier="fixed-port"}'), 1);
  assert.ok(value('bytes_total{direction="sent"}') > 10_000);
  assert.equal(value(`api_server_ready{context="dev",server="${gateway.cluster.server}"}`), 1);
  const server = `context="dev",server="${gateway.cluster.server}"`;
  assert.equal(value(`api_server_state{${server},state="untested"}`), 1);
  assert.equal(value(`api_server_state{${server},state="down"}`), 0);
  assert.equal(value(`api_server_probes_total{${server},outcome="ready"}`), 0, 'one server alone is not probed');
  assert.equal(value('answer_seconds_count{part="app"}'), 2);
  assert.equal(value('answer_seconds_bucket{part="app",le="+Inf"}'), 2);
  assert.ok(value('answer_seconds_sum{part="app"}') > 0);
  for (const line of body.trim().split('\n'))
    assert.match(line, /^(?:# (?:HELP|TYPE) |fairlead_gateway_[a-z_]+(?:\{[^}]*\})? [\d.e-]+$)/);
  app.closeAllConnections();
  app.close();
});
