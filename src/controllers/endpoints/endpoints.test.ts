import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod, Service } from '../../api/types/core-v1.ts';
import type { EndpointSlice } from '../../api/types/discovery-v1.ts';
import { subsetsOf } from './endpoints.ts';
import { mirrorSlices } from './mirror.ts';
import type { SlicePlan } from './plan-slices.ts';
import { planSlices } from './plan-slices.ts';

const service: Service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 's', namespace: 'n', uid: 'service', labels: { team: 'a' } },
  spec: { selector: { app: 'a' }, ports: [{ name: 'web', port: 80, targetPort: 'http', protocol: 'TCP' }] },
};

function pod(name: string, ip: string, { ready = true, port = 8080, phase = 'Running', deleted = false } = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'n', uid: name, ...(deleted && { deletionTimestamp: '2026-01-01T00:00:00Z' }) },
    spec: { nodeName: 'node', containers: [{ name: 'c', ports: [{ name: 'http', containerPort: port }] }] },
    status: { phase, podIP: ip, podIPs: [{ ip }], conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  };
}

/** What the server would hold after the plan. */
function apply(plan: SlicePlan, existing: readonly EndpointSlice[] = []): EndpointSlice[] {
  const created = plan.create.map((slice, i) => ({
    ...slice,
    metadata: { ...slice.metadata, name: `new-${existing.length + i}` },
  }));
  const updated = existing
    .filter((slice) => !plan.delete.includes(slice))
    .map((slice) => plan.update.find(({ metadata }) => metadata.name === slice.metadata.name) ?? slice);
  return [...updated, ...created];
}

const addresses = (slices: readonly EndpointSlice[]) =>
  slices.map(({ endpoints = [] }) => endpoints.map((each) => each.addresses[0]));
const counts = ({ create, update, delete: deletes }: SlicePlan) => [create.length, update.length, deletes.length];

test('ready, serving and terminating of each pod; finished pods and those without address are left out', () => {
  const pods = [
    pod('ready', '10.0.0.1'),
    pod('unready', '10.0.0.2', { ready: false }),
    pod('going', '10.0.0.3', { deleted: true }),
    pod('done', '10.0.0.4', { phase: 'Succeeded' }),
    pod('new', ''),
  ];
  const [slice] = planSlices(service, pods, []).create;
  assert.deepEqual(
    slice?.endpoints?.map(({ addresses: [ip], conditions }) => [
      ip,
      conditions?.ready,
      conditions?.serving,
      conditions?.terminating,
    ]),
    [
      ['10.0.0.1', true, true, false],
      ['10.0.0.2', false, false, false],
      ['10.0.0.3', false, true, true],
    ],
  );
  assert.deepEqual(slice?.ports, [{ name: 'web', port: 8080, protocol: 'TCP' }]);
  assert.deepEqual(slice?.metadata.labels, {
    team: 'a',
    'kubernetes.io/service-name': 's',
    'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
  });
  const all = planSlices({ ...service, spec: { ...service.spec, publishNotReadyAddresses: true } }, pods, []).create[0];
  assert.deepEqual(
    all?.endpoints?.map(({ conditions }) => conditions?.ready),
    [true, true, true],
  );
});

test('nothing is written when nothing changed; a change of one pod is one update', () => {
  const pods = [pod('a', '10.0.0.1'), pod('b', '10.0.0.2')];
  const existing = apply(planSlices(service, pods, []));
  assert.deepEqual(counts(planSlices(service, pods.toReversed(), existing)), [0, 0, 0]);
  const changed = planSlices(service, [pod('a', '10.0.0.1', { ready: false }), pod('b', '10.0.0.2')], existing);
  assert.deepEqual(counts(changed), [0, 1, 0]);
  assert.equal(changed.update[0]?.metadata.name, existing[0]?.metadata.name);
});

test('a named port that is another number on some pods makes two slices', () => {
  const slices = apply(planSlices(service, [pod('a', '10.0.0.1'), pod('b', '10.0.0.2', { port: 9090 })], []));
  assert.deepEqual(
    slices.map(({ ports }) => ports?.[0]?.port),
    [8080, 9090],
  );
  const merged = planSlices(service, [pod('a', '10.0.0.1'), pod('b', '10.0.0.2')], slices);
  assert.deepEqual(addresses(apply(merged, slices)), [['10.0.0.1', '10.0.0.2']]);
  assert.deepEqual(counts(merged), [0, 1, 1]);
});

test('at most a hundred endpoints in a slice; gaps are filled before a slice is added', () => {
  const pods = Array.from({ length: 150 }, (_, i) => pod(`p${i}`, `10.0.1.${i}`));
  const slices = apply(planSlices(service, pods, []));
  assert.deepEqual(
    addresses(slices).map(({ length }) => length),
    [100, 50],
  );
  const next = planSlices(service, [...pods.slice(1), pod('x', '10.0.2.1')], slices);
  assert.deepEqual(counts(next), [0, 1, 0]);
  assert.deepEqual(
    addresses(apply(next, slices)).map(({ length }) => length),
    [100, 50],
  );
});

test('without pods one empty slice remains, and addresses of both families go apart', () => {
  const none = apply(planSlices(service, [], []));
  assert.deepEqual(addresses(none), [[]]);
  assert.deepEqual(counts(planSlices(service, [], none)), [0, 0, 0]);
  const dual = { ...service, spec: { ...service.spec, ipFamilies: ['IPv4', 'IPv6'] } };
  const both = pod('a', '10.0.0.1');
  both.status = { ...both.status, podIPs: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }] };
  assert.deepEqual(
    apply(planSlices(dual, [both], [])).map(({ addressType, endpoints }) => [
      addressType,
      endpoints?.[0]?.addresses[0],
    ]),
    [
      ['IPv4', '10.0.0.1'],
      ['IPv6', 'fd00::1'],
    ],
  );
});

test('Endpoints: addresses by their ports, ready and not, in order', () => {
  const subsets = subsetsOf(service, [
    pod('b', '10.0.0.2'),
    pod('a', '10.0.0.1'),
    pod('u', '10.0.0.3', { ready: false }),
    pod('o', '10.0.0.4', { port: 9090 }),
    pod('t', '10.0.0.5', { deleted: true }),
  ]);
  assert.deepEqual(
    subsets.map(({ addresses: ready = [], notReadyAddresses = [], ports }) => [
      ready.map(({ ip }) => ip),
      notReadyAddresses.map(({ ip }) => ip),
      ports,
    ]),
    [
      [['10.0.0.1', '10.0.0.2'], ['10.0.0.3'], [{ name: 'web', port: 8080, protocol: 'TCP' }]],
      [['10.0.0.4'], [], [{ name: 'web', port: 9090, protocol: 'TCP' }]],
    ],
  );
});

test('Endpoints written by hand become a slice for each subset and family', () => {
  const slices = mirrorSlices({
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name: 's', namespace: 'n', uid: 'e' },
    subsets: [
      {
        addresses: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }],
        notReadyAddresses: [{ ip: '10.0.0.2' }],
        ports: [{ port: 5432 }],
      },
    ],
  });
  assert.deepEqual(
    slices.map(({ addressType, endpoints, ports }) => [
      addressType,
      endpoints?.map((each) => [each.addresses[0], each.conditions?.ready]),
      ports,
    ]),
    [
      [
        'IPv4',
        [
          ['10.0.0.1', true],
          ['10.0.0.2', false],
        ],
        [{ name: '', port: 5432, protocol: 'TCP' }],
      ],
      ['IPv6', [['fd00::1', true]], [{ name: '', port: 5432, protocol: 'TCP' }]],
    ],
  );
});
