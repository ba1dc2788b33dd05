import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { publishApiServer } from '../bootstrap/bootstrap.ts';
import type { ControlPlane } from '../testing-control-plane.ts';
import { apps, core, openControlPlane, rbac } from '../testing-control-plane.ts';

let cluster: ControlPlane;
before(async () => {
  cluster = await openControlPlane();
});
after(() => cluster[Symbol.asyncDispose]());

const discovery = '/apis/discovery.k8s.io/v1/namespaces/default';
const named = (name: string, rest: object = {}) => ({ metadata: { name }, ...rest });

/** `new` for what was made a moment ago, however slow the machine. */
function young(age: unknown): unknown {
  return /^\d{1,2}s$/.test(String(age)) ? 'new' : age;
}

/** The table of a collection, cells by column; wide columns too. */
async function rows(path: string): Promise<Record<string, unknown>[]> {
  const { columnDefinitions, rows: all } = await cluster.call(path, {
    headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
  });
  const names = columnDefinitions.map((column: { name: string }) => column.name);
  return all.map(({ cells }: { cells: unknown[] }) =>
    Object.fromEntries(
      names.map((name: string, index: number) => [name, name === 'Age' ? young(cells[index]) : cells[index]]),
    ),
  );
}

test('services: defaults, complaints, columns', async () => {
  const bad = {
    ports: [{ port: 0 }, { port: 5, name: 'a', targetPort: '-a' }, { port: 6, name: 'a', protocol: 'XX' }],
    sessionAffinity: 'x',
    selector: { 'a b': 'c' },
    externalTrafficPolicy: 'Local',
  };
  assert.deepEqual(
    (await cluster.complaints(`${core}/services`, named('s', { spec: bad }))).map((one) => one.slice(0, 74)),
    [
      'spec.ports[0].name: Required value',
      'spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusi',
      'spec.ports[0].targetPort: Invalid value: 0: must be between 1 and 65535, i',
      'spec.ports[1].targetPort: Invalid value: "-a": must not begin or end with ',
      'spec.ports[2].name: Duplicate value: "a"',
      'spec.ports[2].protocol: Unsupported value: "XX": supported values: "SCTP",',
      'spec.selector: Invalid value: "a b": name part must consist of alphanumeri',
      'spec.sessionAffinity: Unsupported value: "x": supported values: "ClientIP"',
      'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for ex',
    ],
  );
  assert.deepEqual(await cluster.complaints(`${core}/services`, named('s', { spec: {} })), [
    'spec.ports: Required value',
  ]);
  const web = await cluster.post(
    `${core}/services`,
    named('web', { spec: { ports: [{ port: 80 }], selector: { b: '2', a: '1' } } }),
  );
  const { clusterIP, clusterIPs, ...rest } = web.spec;
  assert.deepEqual(clusterIPs, [clusterIP]);
  assert.deepEqual(rest, {
    internalTrafficPolicy: 'Cluster',
    ipFamilies: ['IPv4'],
    ipFamilyPolicy: 'SingleStack',
    ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
    selector: { b: '2', a: '1' },
    sessionAffinity: 'None',
    type: 'ClusterIP',
  });
  await cluster.post(`${core}/services`, named('lb', { spec: { type: 'LoadBalancer', ports: [{ port: 443 }] } }));
  await cluster.post(`${core}/services`, named('out', { spec: { type: 'ExternalName', externalName: 'a.example' } }));
  const [lb, out, plain] = await rows(`${core}/services`);
  assert.deepEqual(
    { ...plain },
    {
      Name: 'web',
      Type: 'ClusterIP',
      'Cluster-IP': clusterIP,
      'External-IP': '<none>',
      'Port(s)': '80/TCP',
      Age: 'new',
      Selector: 'a=1,b=2',
    },
  );
  assert.deepEqual(
    [lb?.['External-IP'], out?.['External-IP'], out?.['Cluster-IP'], out?.['Port(s)']],
    ['<pending>', 'a.example', '<none>', '<none>'],
  );
  assert.match(String(lb?.['Port(s)']), /^443:3\d{4}\/TCP$/);
});

test('config maps and secrets: keys, size, immutability, types', async () => {
  const maps = `${core}/configmaps`;
  assert.deepEqual(
    (await cluster.complaints(maps, named('m', { data: { 'a b': '', '..': '' } }))).map((one) => one.slice(0, 60)),
    [
      'data[a b]: Invalid value: "a b": a valid config key must con',
      'data[..]: Invalid value: "..": must not be \'..\'',
    ],
  );
  await cluster.post(maps, named('fixed', { data: { a: 'b' }, immutable: true }));
  const { message } = await cluster.mergePatch(`${maps}/fixed`, { data: { a: 'c' } });
  assert.equal(message, 'ConfigMap "fixed" is invalid: data: Forbidden: field is immutable when `immutable` is set');
  const secrets = `${core}/secrets`;
  const made = await cluster.post(secrets, named('s', { stringData: { a: 'b' }, data: { c: 'eA==' } }));
  assert.deepEqual([made.data, made.stringData, made.type], [{ a: 'Yg==', c: 'eA==' }, undefined, 'Opaque']);
  assert.match(
    (await cluster.mergePatch(`${secrets}/s`, { type: 'x' })).message,
    /^Secret "s" is invalid: type: Invalid value: "x": field is immutable$/,
  );
  assert.deepEqual(await cluster.complaints(secrets, named('t', { type: 'kubernetes.io/tls' })), [
    'data[tls.crt]: Required value',
    'data[tls.key]: Required value',
  ]);
  const [row] = await rows(`${secrets}?fieldSelector=type=Opaque`);
  assert.deepEqual(row, { Name: 's', Type: 'Opaque', Data: 2, Age: 'new' });
});

test('endpoints and slices: loopback pods are allowed, columns are shortened', async () => {
  const addresses = ['127.0.1.1', '127.0.1.2', '127.0.1.3', '127.0.1.4'];
  const subsets = [{ addresses: addresses.map((ip) => ({ ip })), ports: [{ port: 80 }] }];
  await cluster.post(`${core}/endpoints`, named('web', { subsets }));
  await publishApiServer(cluster.storage, { address: '127.0.0.1', port: 6443 }, new Date());
  const endpoints = await rows(`${core}/endpoints`);
  assert.deepEqual(
    endpoints.map((row) => row.Endpoints),
    ['127.0.0.1:6443', '127.0.1.1:80,127.0.1.2:80,127.0.1.3:80 + 1 more...'],
  );
  assert.deepEqual(await cluster.complaints(`${core}/endpoints`, named('x', { subsets: [{}] })), [
    'subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`',
  ]);
  const slice = {
    addressType: 'IPv4',
    endpoints: addresses.map((one) => ({ addresses: [one] })),
    ports: [{ port: 80 }],
  };
  const made = await cluster.post(`${discovery}/endpointslices`, named('web', slice));
  assert.deepEqual(made.ports, [{ name: '', port: 80, protocol: 'TCP' }]);
  const all = await rows(`${discovery}/endpointslices`);
  assert.deepEqual(
    all.map((row) => `${row.AddressType} ${row.Ports} ${row.Endpoints}`),
    ['IPv4 6443 127.0.0.1', 'IPv4 80 127.0.1.1,127.0.1.2,127.0.1.3 + 1 more...'],
  );
  assert.deepEqual(
    await cluster.complaints(`${discovery}/endpointslices`, named('x', { addressType: 'Y', endpoints: [] })),
    ['addressType: Unsupported value: "Y": supported values: "FQDN", "IPv4", "IPv6"'],
  );
  const addressed = (addressType: string, address: string) =>
    cluster.complaints(
      `${discovery}/endpointslices`,
      named('x', { addressType, endpoints: [{ addresses: [address] }] }),
    );
  assert.deepEqual(await addressed('IPv4', 'name'), [
    'endpoints[0].addresses[0]: Invalid value: "name": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
  ]);
  assert.deepEqual(await addressed('IPv6', '10.0.0.1'), [
    'endpoints[0].addresses[0]: Invalid value: "10.0.0.1": must be an IPv6 address',
  ]);
});

test('roles and bindings: complaints, defaults, the fixed reference, columns', async () => {
  const local = `${rbac}/namespaces/default`;
  assert.deepEqual(
    await cluster.complaints(
      `${local}/roles`,
      named('r', { rules: [{ verbs: [] }, { verbs: ['get'], nonResourceURLs: ['/x'] }] }),
    ),
    [
      'rules[0].verbs: Required value: verbs must contain at least one value',
      'rules[0].apiGroups: Required value: resource rules must supply at least one api group',
      'rules[0].resources: Required value: resource rules must supply at least one resource',
      'rules[1].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs',
    ],
  );
  assert.deepEqual(
    await cluster.complaints(
      `${rbac}/clusterrolebindings`,
      named('b', { roleRef: { kind: 'Role', name: 'x' }, subjects: [{ kind: 'ServiceAccount', name: 's' }] }),
    ),
    [
      'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"',
      'subjects[0].namespace: Required value',
    ],
  );
  const binding = {
    roleRef: { kind: 'ClusterRole', name: 'view' },
    subjects: [
      { kind: 'User', name: 'u' },
      { kind: 'ServiceAccount', name: 's', namespace: 'n' },
    ],
  };
  const made = await cluster.post(`${local}/rolebindings`, named('b', binding));
  assert.deepEqual(made.roleRef, { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' });
  assert.match(
    (await cluster.mergePatch(`${local}/rolebindings/b`, { roleRef: { name: 'edit' } })).message,
    /cannot change roleRef$/,
  );
  const [row] = await rows(`${local}/rolebindings`);
  assert.deepEqual(row, {
    Name: 'b',
    Role: 'ClusterRole/view',
    Age: 'new',
    Users: 'u',
    Groups: '',
    ServiceAccounts: 'n/s',
  });
  const [role] = await rows(`${rbac}/clusterroles`);
  assert.deepEqual(Object.keys(role ?? {}), ['Name', 'Created At']);
});

test('nodes, leases, events, deployments and replica sets as kubectl shows them', async () => {
  const node = {
    metadata: { name: 'n', labels: { 'node-role.kubernetes.io/worker': '', 'kubernetes.io/role': 'x' } },
    spec: { unschedulable: true, podCIDR: '127.1.0.0/16' },
  };
  const made = await cluster.post('/api/v1/nodes', node);
  assert.deepEqual(made.spec.podCIDRs, ['127.1.0.0/16']);
  await cluster.mergePatch('/api/v1/nodes/n/status', {
    status: {
      conditions: [{ type: 'Ready', status: 'True' }],
      addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
      capacity: { cpu: '2', memory: '1024Mi' },
      nodeInfo: { kubeletVersion: 'v1', kernelVersion: '6.1', architecture: 'amd64' },
    },
  });
  const { status } = await cluster.call('/api/v1/nodes/n');
  assert.deepEqual(status.allocatable, { cpu: '2', memory: '1Gi' });
  assert.deepEqual(await rows('/api/v1/nodes'), [
    {
      Name: 'n',
      Status: 'Ready,SchedulingDisabled',
      Roles: 'worker,x',
      Age: 'new',
      Version: 'v1',
      'Internal-IP': '127.0.0.1',
      'External-IP': '<none>',
      'OS-Image': '<unknown>',
      'Kernel-Version': '6.1 (amd64)',
      'Container-Runtime': '<unknown>',
    },
  ]);
  const leases = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
  await cluster.post(leases, named('l', { spec: { holderIdentity: 'me' } }));
  assert.deepEqual(await rows(leases), [{ Name: 'l', Holder: 'me', Age: 'new' }]);
  const event = {
    involvedObject: { kind: 'Pod', name: 'p', namespace: 'default' },
    reason: 'Pulled',
    message: ' done\n',
    type: 'Normal',
    source: { component: 'kubelet', host: 'n' },
    // Ages that stay the same words for half a minute.
    firstTimestamp: new Date(Date.now() - 20.5 * 60_000),
    lastTimestamp: new Date(Date.now() - 12.5 * 60_000),
    count: 4,
  };
  await cluster.post(`${core}/events`, named('e', event));
  const selected = await rows(`${core}/events?fieldSelector=involvedObject.name=p,reason=Pulled`);
  assert.deepEqual(selected, [
    {
      'Last Seen': '12m',
      Type: 'Normal',
      Reason: 'Pulled',
      Object: 'pod/p',
      Subobject: '',
      Source: 'kubelet, n',
      Message: 'done',
      'First Seen': '20m',
      Count: 4,
      Name: 'e',
    },
  ]);
  assert.deepEqual(await cluster.complaints(`${core}/events`, named('f', { involvedObject: { namespace: 'other' } })), [
    'involvedObject.namespace: Invalid value: "other": does not match event.namespace',
  ]);
  for (const name of ['system:basic-user.18ec37b092e1', `${'n'.repeat(250)}.18ec37b092e1`]) {
    await cluster.post(`${core}/events`, named(name, event));
  }
  assert.deepEqual(await cluster.complaints(`${core}/events`, named('a%b', event)), [
    'metadata.name: Invalid value: "a%b": may not contain \'%\'',
  ]);
  const template = {
    metadata: { labels: { a: 'b' } },
    spec: {
      containers: [
        { name: 'c', image: 'x' },
        { name: 'd', image: 'y' },
      ],
    },
  };
  await cluster.post(
    `${apps}/deployments`,
    named('d', { spec: { selector: { matchLabels: { a: 'b' } }, template, replicas: 2 } }),
  );
  const [deployment] = await rows(`${apps}/deployments`);
  assert.deepEqual(deployment, {
    Name: 'd',
    Ready: '0/2',
    'Up-to-date': 0,
    Available: 0,
    Age: 'new',
    Containers: 'c,d',
    Images: 'x,y',
    Selector: 'a=b',
  });
});

test('names and metadata of every kind', async () => {
  const complaint = await cluster.complaints('/api/v1/namespaces', named('a.b'));
  assert.deepEqual(complaint, ['metadata.name: Invalid value: "a.b": must not contain dots']);
  const wrong = { metadata: { name: 'x', labels: { 'a b': '-' }, annotations: { '/x': '' } } };
  assert.deepEqual(
    (await cluster.complaints(`${core}/configmaps`, wrong)).map((one) => one.slice(0, 52)),
    [
      'metadata.labels: Invalid value: "a b": name part mus',
      'metadata.labels: Invalid value: "-": a valid label m',
      'metadata.annotations: Invalid value: "/x": prefix pa',
    ],
  );
  const { metadata, spec } = await cluster.post('/api/v1/namespaces', named('fresh'));
  assert.deepEqual([metadata.labels, spec.finalizers], [{ 'kubernetes.io/metadata.name': 'fresh' }, ['kubernetes']]);
});
