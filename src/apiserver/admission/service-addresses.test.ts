import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openMemoryStorage } from '../storage/memory.ts';
import type { ControlPlane, Reply } from '../testing-control-plane.ts';
import { core, openControlPlane } from '../testing-control-plane.ts';

const services = `${core}/services`;
const create = (cluster: ControlPlane, name: string, spec: object) =>
  cluster.post(services, { metadata: { name }, spec: { ports: [{ port: 80 }], ...spec } });
const remove = (cluster: ControlPlane, name: string) => cluster.call(`${services}/${name}`, { method: 'DELETE' });
const refusal = ({ code, message }: Reply) => {
  assert.equal(code, 422);
  return message;
};

/** A full range is told to the client and to the operator's log. */
const quiet = { log: () => undefined };

test('concurrent creates get different addresses and ports; a full range says so; deleting frees', async () => {
  // 10.9.0.0/28 has 14 usable addresses, of which the first is kept for the `kubernetes` Service.
  await using cluster = await openControlPlane({
    ...quiet,
    serviceRange: '10.9.0.0/28',
    nodePorts: { first: 30000, last: 30019 },
  });
  const names = Array.from({ length: 13 }, (_, index) => `s${index}`);
  const made = await Promise.all(names.map((name) => create(cluster, name, { type: 'NodePort' })));
  const addresses = new Set(made.map(({ spec }) => spec.clusterIP));
  assert.equal(addresses.size, 13);
  assert.ok(!addresses.has('10.9.0.0') && !addresses.has('10.9.0.1') && !addresses.has('10.9.0.15'));
  assert.equal(new Set(made.map(({ spec }) => spec.ports[0].nodePort)).size, 13);
  const full = await create(cluster, 'more', {});
  assert.equal(full.code, 500);
  assert.match(full.message, /failed to allocate a service IP: the range 10\.9\.0\.0\/28 is full/);
  await remove(cluster, 's4');
  assert.equal((await create(cluster, 'more', {})).spec.clusterIP, made[4]?.spec.clusterIP);
});

test('a requested address or port is given once, and is free again after deletion and after a change of type', async () => {
  await using cluster = await openControlPlane();
  const wanted = { type: 'NodePort', clusterIP: '10.96.7.7', ports: [{ port: 80, nodePort: 30007 }] };
  await create(cluster, 'a', wanted);
  assert.equal(
    refusal(await create(cluster, 'b', { clusterIP: '10.96.7.7' })),
    'Service "b" is invalid: spec.clusterIPs: Invalid value: ["10.96.7.7"]: failed to allocate IP 10.96.7.7: provided IP is already allocated',
  );
  assert.equal(
    refusal(await create(cluster, 'b', { type: 'NodePort', ports: [{ port: 80, nodePort: 30007 }] })),
    'Service "b" is invalid: spec.ports[0].nodePort: Invalid value: 30007: provided port is already allocated',
  );
  assert.match(
    refusal(await create(cluster, 'b', { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] })),
    /provided port is not in the valid range\. The range of valid ports is 30000-32767$/,
  );
  assert.match(refusal(await create(cluster, 'b', { clusterIP: '10.97.0.1' })), /does not match the current range$/);
  const { spec } = await cluster.mergePatch(`${services}/a`, {
    spec: { type: 'ExternalName', externalName: 'a.example' },
  });
  assert.deepEqual([spec.clusterIP, spec.ports[0].nodePort], [undefined, undefined]);
  assert.equal((await create(cluster, 'b', wanted)).spec.clusterIP, '10.96.7.7');
  await remove(cluster, 'b');
  assert.equal((await create(cluster, 'c', wanted)).spec.ports[0].nodePort, 30007);
});

test('of two writes that ask for the same at once, one is refused', async () => {
  await using cluster = await openControlPlane();
  const answers = await Promise.all(['a', 'b', 'c'].map((name) => create(cluster, name, { clusterIP: '10.96.9.9' })));
  assert.deepEqual(answers.map(({ code }) => code ?? 201).toSorted(), [201, 422, 422]);
});

test('what failed or was only tried keeps nothing', async () => {
  await using cluster = await openControlPlane({ ...quiet, serviceRange: '10.9.0.0/30' });
  const spec = { ports: [{ port: 80 }] };
  const tried = await cluster.post(`${services}?dryRun=All`, { metadata: { name: 'a' }, spec });
  assert.equal(tried.spec.clusterIP, '10.9.0.2');
  assert.equal((await create(cluster, 'a', {})).spec.clusterIP, '10.9.0.2');
  assert.equal((await create(cluster, 'a', {})).code, 500);
  await remove(cluster, 'a');
  const taken = await cluster.post('/api/v1/namespaces/nowhere/services', { metadata: { name: 'a' }, spec });
  assert.equal(taken.code, 404);
  assert.equal((await create(cluster, 'b', {})).spec.clusterIP, '10.9.0.2');
});

test('allocations are those of the stored Services, also for a server that starts anew', async () => {
  const storage = openMemoryStorage();
  const kept = new Proxy(storage, {
    get: (target, key) => {
      if (key === Symbol.asyncDispose) return async () => undefined;
      const value: unknown = Reflect.get(target, key);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  {
    await using cluster = await openControlPlane({ storage: kept });
    await create(cluster, 'a', { type: 'NodePort', clusterIP: '10.96.1.1', ports: [{ port: 80, nodePort: 31000 }] });
  }
  await using cluster = await openControlPlane({ storage });
  assert.equal((await create(cluster, 'b', { clusterIP: '10.96.1.1' })).code, 422);
  assert.equal((await create(cluster, 'c', { type: 'NodePort', ports: [{ port: 80, nodePort: 31000 }] })).code, 422);
});

test('updates keep what was given; ports of one number share a node port across protocols', async () => {
  await using cluster = await openControlPlane();
  const ports = [
    { name: 't', port: 80 },
    { name: 'u', port: 80, protocol: 'UDP' },
  ];
  const { spec } = await create(cluster, 'a', { type: 'NodePort', ports });
  assert.equal(spec.ports[0].nodePort, spec.ports[1].nodePort);
  const patched = await cluster.mergePatch(`${services}/a`, { spec: { ports: [...ports, { name: 'v', port: 81 }] } });
  assert.equal(patched.spec.clusterIP, spec.clusterIP);
  assert.equal(patched.spec.ports[0].nodePort, spec.ports[0].nodePort);
  assert.notEqual(patched.spec.ports[2].nodePort, spec.ports[0].nodePort);
  const plain = await cluster.mergePatch(`${services}/a`, { spec: { type: 'ClusterIP' } });
  assert.deepEqual(
    plain.spec.ports.map((port: { nodePort?: number }) => port.nodePort),
    [undefined, undefined, undefined],
  );
  assert.equal(plain.spec.externalTrafficPolicy, undefined);
  const moved = await cluster.mergePatch(`${services}/a`, { spec: { clusterIP: '10.96.3.3' } });
  assert.match(
    refusal(moved),
    /^Service "a" is invalid: spec\.clusterIPs\[0\]: Invalid value: \["10\.96\.3\.3"\]: may not change once set$/,
  );
});

test('headless and external Services have no address; a load balancer has node ports unless it refuses them', async () => {
  await using cluster = await openControlPlane();
  const headless = await create(cluster, 'h', { clusterIP: 'None', selector: { a: 'b' } });
  assert.deepEqual(
    [headless.spec.clusterIPs, headless.spec.ipFamilies, headless.spec.ipFamilyPolicy],
    [['None'], ['IPv4'], 'SingleStack'],
  );
  const external = await create(cluster, 'e', { type: 'ExternalName', externalName: 'a.example', ports: undefined });
  assert.deepEqual(external.spec, { externalName: 'a.example', sessionAffinity: 'None', type: 'ExternalName' });
  const balanced = await create(cluster, 'l', { type: 'LoadBalancer', externalTrafficPolicy: 'Local' });
  assert.ok(balanced.spec.ports[0].nodePort >= 30000);
  assert.ok(
    balanced.spec.healthCheckNodePort >= 30000 && balanced.spec.healthCheckNodePort !== balanced.spec.ports[0].nodePort,
  );
  const bare = await create(cluster, 'm', { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false });
  assert.equal(bare.spec.ports[0].nodePort, undefined);
  assert.match(refusal(await create(cluster, 'six', { ipFamilies: ['IPv6'] })), /not configured on this cluster$/);
});
