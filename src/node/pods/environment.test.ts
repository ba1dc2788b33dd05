import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container, Pod } from '../../api/types/core-v1.ts';
import type { ClusterObjects } from './cluster-objects.ts';
import { containerEnvironment } from './environment.ts';
import { expand } from './expand.ts';

const objects: ClusterObjects = {
  configMap: async (namespace, name) =>
    name === 'cm'
      ? { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data: { a: '1', b: '2' } }
      : undefined,
  secret: async (namespace, name) =>
    name === 's'
      ? { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, data: { key: 'aMO8Y2g=' } }
      : undefined,
  services: async (namespace) => [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'my-db', namespace },
      spec: {
        clusterIP: '10.96.0.9',
        ports: [
          { name: 'sql', port: 5432 },
          { name: 'stats', port: 53, protocol: 'UDP' },
        ],
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'headless', namespace },
      spec: { clusterIP: 'None', ports: [{ port: 1 }] },
    },
  ],
  token: async () => ({ token: 't', expires: new Date() }),
};

const facts = {
  objects,
  addresses: { podIP: '127.1.2.3', hostIP: '127.0.0.1' },
  apiServerUrl: 'https://127.0.0.1:6443',
  nodeResources: { cpu: '4', memory: '8388608Ki', 'ephemeral-storage': '1Gi' },
};

function pod(container: Container): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web-1', namespace: 'shop', uid: 'u', labels: { app: 'web' } },
    spec: { nodeName: 'n1', serviceAccountName: 'sa', containers: [container] },
  };
}

async function environment(container: Partial<Container>): Promise<Record<string, string>> {
  const whole = { name: 'c', ...container };
  return await containerEnvironment(pod(whole), whole, facts);
}

test('values, references to earlier ones, and what cannot be resolved', async () => {
  const found = await environment({
    env: [
      { name: 'A', value: 'a' },
      { name: 'B', value: '$(A)-$(LATER)-$$(A)-$(MY_DB_SERVICE_PORT)' },
      { name: 'LATER', value: 'x' },
    ],
  });
  assert.equal(found.B, 'a-$(LATER)-$(A)-5432');
});

test('values from the pod, its resources, ConfigMaps and Secrets', async () => {
  const found = await environment({
    resources: { limits: { memory: '64Mi' }, requests: { cpu: '250m' } },
    envFrom: [{ configMapRef: { name: 'cm' }, prefix: 'CM_' }, { secretRef: { name: 'none', optional: true } }],
    env: [
      { name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'APP', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
      { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
      { name: 'MEMORY', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } } },
      { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'requests.cpu', divisor: '1m' } } },
      { name: 'CPUS', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
      { name: 'ONE', valueFrom: { configMapKeyRef: { name: 'cm', key: 'a' } } },
      { name: 'KEY', valueFrom: { secretKeyRef: { name: 's', key: 'key' } } },
      { name: 'NO', valueFrom: { secretKeyRef: { name: 's', key: 'no', optional: true } } },
      { name: 'CM_b', value: 'own' },
    ],
  });
  const { NAME, APP, IP, MEMORY, CPU, CPUS, ONE, KEY, CM_a, CM_b } = found;
  assert.deepEqual(
    { NAME, APP, IP, MEMORY, CPU, CPUS, ONE, KEY, CM_a, CM_b },
    {
      NAME: 'web-1',
      APP: 'web',
      IP: '127.1.2.3',
      MEMORY: '64',
      CPU: '250',
      CPUS: '4',
      ONE: '1',
      KEY: 'hüch',
      CM_a: '1',
      CM_b: 'own',
    },
  );
  assert.ok(!('NO' in found));
});

test('services are found by variables, the API server at its real address', async () => {
  const found = await environment({});
  assert.equal(found.MY_DB_SERVICE_HOST, '10.96.0.9');
  assert.equal(found.MY_DB_PORT, 'tcp://10.96.0.9:5432');
  assert.equal(found.MY_DB_SERVICE_PORT_STATS, '53');
  assert.equal(found.MY_DB_PORT_53_UDP, 'udp://10.96.0.9:53');
  assert.equal(found.KUBERNETES_SERVICE_HOST, '127.0.0.1');
  assert.equal(found.KUBERNETES_SERVICE_PORT, '6443');
  assert.ok(!Object.keys(found).some((name) => name.startsWith('HEADLESS')));
  assert.equal(found.HOSTNAME, 'web-1');
});

test('what is missing is named as the kubelet names it', async () => {
  const from = (valueFrom: object) => environment({ env: [{ name: 'X', valueFrom }] });
  await assert.rejects(
    from({ configMapKeyRef: { name: 'none', key: 'a' } }),
    /^ConfigError: configmap "none" not found$/,
  );
  await assert.rejects(
    from({ configMapKeyRef: { name: 'cm', key: 'z' } }),
    /couldn't find key z in ConfigMap shop\/cm/,
  );
  await assert.rejects(from({ fieldRef: { fieldPath: 'spec.nope' } }), /unsupported fieldPath: spec.nope/);
  await assert.rejects(environment({ envFrom: [{ secretRef: { name: 'none' } }] }), /secret "none" not found/);
});

test('expansion leaves alone what is no reference', () => {
  const value = (name: string) => ({ A: '1' })[name];
  for (const [text, expanded] of [
    ['$A ', '$A '],
    ['$(A)$(B)', '1$(B)'],
    ['$$(A)', '$(A)'],
    ['$$$(A)', '$1'],
    ['100$', '100$'],
    ['$(A', '$(A'],
  ] as const) {
    assert.equal(expand(text, value), expanded);
  }
});
