import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Service, ServicePort } from '../../api/types/core-v1.ts';
import type { EndpointSlice } from '../../api/types/discovery-v1.ts';
import { viewService } from '../../ui/service-view.ts';
import { serviceRow } from './service-row.ts';

const server = 'https://127.0.0.1:6443';

/** The local ports that are told as ways to shop/echo, in their order. */
function localPorts(ports: ServicePort[], forwards: Record<number, string>): string[] {
  const metadata = { namespace: 'shop', name: 'echo' };
  const service: Service = { apiVersion: 'v1', kind: 'Service', metadata, spec: { selector: { app: 'e' }, ports } };
  const slice: EndpointSlice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata,
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.0.0.1'], targetRef: { kind: 'Pod', namespace: 'shop', name: 'e' } }],
    ports: ports.map(({ name = '', port }) => ({ name, port })),
  };
  const { ways } = serviceRow(viewService(service, [slice], { context: 'one' }), {
    name: 'one',
    server,
    gateways: [],
    forwards: Object.entries(forwards).map(([port, to]) => ({ port: Number(port), to, context: 'one', server })),
    rights: () => ({ portForward: true, proxyVerb: true }),
  });
  return ways.flatMap((way) => (way.way === 'local port' ? [way.address] : []));
}

test('a forward is a way to the service where it names one of its ports, or none', () => {
  const ports = [{ name: 'main', port: 9001 }];
  for (const to of ['shop/echo:9001', 'shop/echo:main', 'shop/echo', 'one/shop/echo:9001'])
    assert.deepEqual(localPorts(ports, { 1: to }), ['localhost:1'], to);
  for (const to of ['shop/echo:9000', 'shop/echo:other', 'shop/other:9001', 'other/echo:9001', 'echo.shop.pod:9001'])
    assert.deepEqual(localPorts(ports, { 1: to }), [], to);
});

test('the way to the port that is meant comes first, and a port of UDP has none', () => {
  const ports = [
    { name: 'metrics', port: 9100 },
    { name: 'http', port: 80 },
    { name: 'dns', port: 53, protocol: 'UDP' },
  ];
  const forwards = { 1: 'shop/echo:metrics', 2: 'shop/echo:80', 3: 'shop/echo:53' };
  assert.deepEqual(localPorts(ports, forwards), ['localhost:2', 'localhost:1']);
});
