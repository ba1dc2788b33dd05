import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GroupResource } from '../../api/group-version.ts';
import type { KubeObject } from '../../api/object.ts';
import type { Endpoints, Pod, Service } from '../../api/types/core-v1.ts';
import type { ObjectReader } from './connector.ts';
import { podTarget, serviceTarget, splitSchemeNamePort } from './proxy-target.ts';

function podOf(name: string, ip: string, namespace = 'n'): Pod {
  const ports = [{ name: 'web', containerPort: 8080 }, { containerPort: 9090 }];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace },
    spec: { containers: [{ name: 'c', ports }] },
    status: { podIP: ip, podIPs: [{ ip }] },
  };
}

const service: Service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 's', namespace: 'n' },
  spec: {
    ports: [
      { name: 'http', port: 80 },
      { name: 'https', port: 443 },
    ],
  },
};

function endpoints(...addresses: [ip: string, pod: string, namespace?: string][]): Endpoints {
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name: 's', namespace: 'n' },
    subsets: [
      {
        addresses: addresses.map(([ip, name, namespace = 'n']) => ({
          ip,
          targetRef: { kind: 'Pod', name, namespace },
        })),
        ports: [
          { name: 'http', port: 8080 },
          { name: 'https', port: 8443 },
        ],
      },
    ],
  };
}

function lookup(id: string, ...objects: KubeObject[]) {
  const store: ObjectReader = {
    async get<T extends KubeObject>({ resource }: GroupResource, namespace: string, name: string) {
      return objects.find(
        ({ kind, metadata }) =>
          (kind === 'Endpoints' ? 'endpoints' : `${kind.toLowerCase()}s`) === resource &&
          metadata.name === name &&
          metadata.namespace === namespace,
      ) as T | undefined;
    },
    list: async () => [],
  };
  return { store, namespace: 'n', id, isAllowed: (address: string) => address.startsWith('10.') };
}

const failure = (code: number, message: string) => (error: Error & { code?: number }) => {
  assert.deepEqual([error.code, error.message], [code, message]);
  return true;
};

test('the three forms of a name', () => {
  assert.deepEqual(splitSchemeNamePort('s'), { scheme: '', name: 's', port: '' });
  assert.deepEqual(splitSchemeNamePort('s:web'), { scheme: '', name: 's', port: 'web' });
  assert.deepEqual(splitSchemeNamePort('https:s:'), { scheme: 'https', name: 's', port: '' });
  for (const id of ['', ':80', 'ftp:s:80', 'a:b:c:d']) assert.equal(splitSchemeNamePort(id), undefined, id);
});

test('a service’s port by name and by number, with a scheme', async () => {
  const objects = [service, endpoints(['10.0.0.1', 'p']), podOf('p', '10.0.0.1')];
  const expected = { scheme: 'http', address: '10.0.0.1', port: 8080 };
  assert.deepEqual(await serviceTarget(lookup('s:http', ...objects)), expected);
  assert.deepEqual(await serviceTarget(lookup('s:80', ...objects)), expected);
  assert.deepEqual(await serviceTarget(lookup('https:s:443', ...objects)), {
    ...expected,
    scheme: 'https',
    port: 8443,
  });
});

test('what leads nowhere is worded as upstream words it', async () => {
  const objects = [service, endpoints(['10.0.0.1', 'p']), podOf('p', '10.0.0.1')];
  await assert.rejects(serviceTarget(lookup('s', ...objects)), failure(503, 'no endpoints available for service "s"'));
  await assert.rejects(
    serviceTarget(lookup('s:81', ...objects)),
    failure(503, 'no service port 81 found for service "s"'),
  );
  await assert.rejects(
    serviceTarget(lookup('s:x', ...objects)),
    failure(503, 'no endpoints available for service "s:x"'),
  );
  await assert.rejects(serviceTarget(lookup('t:80', ...objects)), failure(404, 'services "t" not found'));
  await assert.rejects(serviceTarget(lookup('t', ...objects)), failure(404, 'endpoints "t" not found'));
  await assert.rejects(serviceTarget(lookup('a:b:c:d')), failure(400, 'invalid service request "a:b:c:d"'));
});

test('only addresses of this namespace’s pods that may be dialled', async () => {
  const nothing = failure(503, 'no endpoints available for service "s:http"');
  const cases: [string, Endpoints, Pod[]][] = [
    ['no pod', endpoints(['10.0.0.1', 'p']), []],
    ['another address than the pod’s', endpoints(['10.0.0.2', 'p']), [podOf('p', '10.0.0.1')]],
    ['a pod of another namespace', endpoints(['10.0.0.1', 'p', 'other']), [podOf('p', '10.0.0.1', 'other')]],
    ['loopback', endpoints(['127.0.0.1', 'p']), [podOf('p', '127.0.0.1')]],
  ];
  for (const [what, given, pods] of cases) {
    await assert.rejects(serviceTarget(lookup('s:http', service, given, ...pods)), nothing, what);
  }
  const mixed = endpoints(['10.0.0.9', 'gone'], ['10.0.0.1', 'p'], ['127.0.0.1', 'p']);
  for (let round = 0; round < 20; round += 1) {
    const found = await serviceTarget(lookup('s:http', service, mixed, podOf('p', '10.0.0.1')));
    assert.equal(found.address, '10.0.0.1');
  }
});

test('a pod’s port: by number, by name, or its first one', async () => {
  const pod = podOf('p', '10.0.0.1');
  const port = async (id: string) => (await podTarget(lookup(id, pod))).port;
  assert.equal(await port('p'), 8080);
  assert.equal(await port('p:web'), 8080);
  assert.equal(await port('https:p:7'), 7);
  await assert.rejects(podTarget(lookup('p:none', pod)), failure(400, 'pod "p" has no port "none"'));
  await assert.rejects(podTarget(lookup('q', pod)), failure(404, 'pods "q" not found'));
  await assert.rejects(podTarget(lookup('p', podOf('p', '169.254.169.254'))), failure(400, 'address not allowed'));
  await assert.rejects(podTarget(lookup('p', podOf('p', ''))), failure(400, 'address not allowed'));
});
