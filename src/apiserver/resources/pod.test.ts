import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { ControlPlane } from '../testing-control-plane.ts';
import { core, openControlPlane } from '../testing-control-plane.ts';

let cluster: ControlPlane;
before(async () => {
  cluster = await openControlPlane();
});
after(() => cluster[Symbol.asyncDispose]());

const pods = `${core}/pods`;
const container = { name: 'c', image: 'x' };
const withSpec = (spec: object) => ({ metadata: { name: 'p' }, spec });
const complaints = (spec: object) => cluster.complaints(pods, withSpec(spec));
const created = async (spec: object) => (await cluster.post(`${pods}?dryRun=All`, withSpec(spec))).spec;

test('a pod of one container gets the defaults of Kubernetes 1.36', async () => {
  const { spec, status, metadata } = await cluster.post(`${pods}?dryRun=All`, withSpec({ containers: [container] }));
  const [volume] = spec.volumes;
  assert.match(volume.name, /^kube-api-access-[a-z0-9]{5}$/);
  const mount = {
    mountPath: '/var/run/secrets/kubernetes.io/serviceaccount',
    name: volume.name,
    readOnly: true,
  };
  const notReady = (key: string) => ({
    key: `node.kubernetes.io/${key}`,
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: 300,
  });
  assert.deepEqual(spec, {
    containers: [
      {
        ...container,
        imagePullPolicy: 'Always',
        resources: {},
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
        volumeMounts: [mount],
      },
    ],
    dnsPolicy: 'ClusterFirst',
    enableServiceLinks: true,
    preemptionPolicy: 'PreemptLowerPriority',
    priority: 0,
    restartPolicy: 'Always',
    schedulerName: 'default-scheduler',
    securityContext: {},
    serviceAccount: 'default',
    serviceAccountName: 'default',
    terminationGracePeriodSeconds: 30,
    tolerations: [notReady('not-ready'), notReady('unreachable')],
    volumes: [
      {
        name: volume.name,
        projected: {
          defaultMode: 420,
          sources: [
            { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
            { configMap: { items: [{ key: 'ca.crt', path: 'ca.crt' }], name: 'kube-root-ca.crt' } },
            {
              downwardAPI: {
                items: [{ fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' }, path: 'namespace' }],
              },
            },
          ],
        },
      },
    ],
  });
  assert.deepEqual(status, { phase: 'Pending', qosClass: 'BestEffort' });
  assert.equal(metadata.generation, 1);
});

test('probes, ports, images, host network and amounts get their defaults', async () => {
  const spec = await created({
    hostNetwork: true,
    containers: [
      {
        name: 'c',
        image: 'registry:5000/x:1.2',
        ports: [{ containerPort: 80 }],
        livenessProbe: { httpGet: { port: 80 } },
        env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
        resources: { limits: { cpu: '0.5', memory: '1.5Gi' } },
      },
      { name: 'd', image: `x@sha256:${'a'.repeat(64)}` },
      { name: 'e', image: 'registry:5000/x' },
    ],
    volumes: [{ name: 'v' }, { name: 's', secret: { secretName: 's' } }],
  });
  const [c, d, e] = spec.containers;
  assert.deepEqual(
    [c.imagePullPolicy, d.imagePullPolicy, e.imagePullPolicy],
    ['IfNotPresent', 'IfNotPresent', 'Always'],
  );
  assert.deepEqual(c.ports, [{ containerPort: 80, hostPort: 80, protocol: 'TCP' }]);
  assert.deepEqual(c.livenessProbe, {
    httpGet: { path: '/', port: 80, scheme: 'HTTP' },
    failureThreshold: 3,
    periodSeconds: 10,
    successThreshold: 1,
    timeoutSeconds: 1,
  });
  assert.deepEqual(c.env[0].valueFrom.fieldRef, { apiVersion: 'v1', fieldPath: 'metadata.name' });
  assert.deepEqual(c.resources, {
    limits: { cpu: '500m', memory: '1536Mi' },
    requests: { cpu: '500m', memory: '1536Mi' },
  });
  assert.deepEqual(spec.volumes.slice(0, 2), [
    { name: 'v', emptyDir: {} },
    { name: 's', secret: { secretName: 's', defaultMode: 420 } },
  ]);
});

test('complaints about containers name the field and say what upstream says', async () => {
  assert.deepEqual(await complaints({ containers: [] }), ['spec.containers: Required value']);
  assert.deepEqual(await complaints({ containers: [{ name: 'A_', image: '' }, container, container] }), [
    "spec.containers[0].name: Invalid value: \"A_\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
    'spec.containers[0].image: Required value',
    'spec.containers[2].name: Duplicate value: "c"',
  ]);
  const ports = [{ containerPort: 0 }, { containerPort: 70000, protocol: 'q' }, { containerPort: 1, name: 'a--b' }];
  assert.deepEqual(await complaints({ containers: [{ ...container, ports }] }), [
    'spec.containers[0].ports[0].containerPort: Required value',
    'spec.containers[0].ports[1].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
    'spec.containers[0].ports[1].protocol: Unsupported value: "q": supported values: "SCTP", "TCP", "UDP"',
    'spec.containers[0].ports[2].name: Invalid value: "a--b": must not contain consecutive hyphens',
  ]);
});

test('complaints about environment, mounts, volumes and probes', async () => {
  const env = [
    { name: 'a=b' },
    { name: 'A', value: 'x', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
    { name: 'B', valueFrom: { fieldRef: { fieldPath: 'spec.restartPolicy' } } },
  ];
  assert.deepEqual(
    (await complaints({ containers: [{ ...container, env }] })).map((one) => one.slice(0, 90)),
    [
      'spec.containers[0].env[0].name: Invalid value: "a=b": a valid environment variable name mu',
      'spec.containers[0].env[1].valueFrom: Invalid value: "": may not be specified when `value` ',
      'spec.containers[0].env[2].valueFrom.fieldRef.fieldPath: Unsupported value: "spec.restartPo',
    ],
  );
  const volumeMounts = [
    { name: 'gone', mountPath: '/a' },
    { name: 'v', mountPath: '/a' },
  ];
  const volumes = [
    { name: 'v' },
    { name: 'v', configMap: {} },
    { name: 'w', emptyDir: {}, secret: { secretName: 's' } },
  ];
  assert.deepEqual(await complaints({ containers: [{ ...container, volumeMounts }], volumes }), [
    'spec.volumes[1].configMap.name: Required value',
    'spec.volumes[1].name: Duplicate value: "v"',
    'spec.volumes[2].secret: Forbidden: may not specify more than 1 volume type',
    'spec.containers[0].volumeMounts[0].name: Not found: "gone"',
    'spec.containers[0].volumeMounts[1].mountPath: Invalid value: "/a": must be unique',
  ]);
  const probes = { livenessProbe: {}, startupProbe: { exec: { command: ['a'] }, successThreshold: 2 } };
  assert.deepEqual(await complaints({ containers: [{ ...container, ...probes }] }), [
    'spec.containers[0].livenessProbe: Required value: must specify a handler type',
    'spec.containers[0].startupProbe.successThreshold: Invalid value: 2: must be 1',
  ]);
});

test('complaints about amounts and policies', async () => {
  const resources = { requests: { cpu: '2' }, limits: { cpu: '1', foo: '1' } };
  assert.deepEqual(await complaints({ containers: [{ ...container, resources }], restartPolicy: 'Maybe' }), [
    'spec.containers[0].resources.limits[foo]: Invalid value: "foo": must be a standard resource type or fully qualified',
    'spec.containers[0].resources.limits[foo]: Invalid value: "foo": must be a standard resource for containers',
    'spec.containers[0].resources.requests[foo]: Invalid value: "foo": must be a standard resource type or fully qualified',
    'spec.containers[0].resources.requests[foo]: Invalid value: "foo": must be a standard resource for containers',
    'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
    'spec.restartPolicy: Unsupported value: "Maybe": supported values: "Always", "OnFailure", "Never"',
  ]);
});

test('containers are added to a pod by a subresource of its own, and stay as they were added', async () => {
  await cluster.post(pods, {
    metadata: { name: 'e' },
    spec: {
      initContainers: [{ name: 'i', image: 'x' }],
      containers: [container],
      volumes: [{ name: 'v', emptyDir: {} }],
    },
  });
  const write = (path: string, ephemeralContainers: object[]) =>
    cluster.call(path, {
      method: 'PATCH',
      body: { metadata: { labels: { by: 'patch' } }, spec: { ephemeralContainers } },
      headers: { 'content-type': 'application/strategic-merge-patch+json' },
    });
  const part = `${pods}/e/ephemeralcontainers`;
  const refused = async (...wanted: object[]) => {
    const { code, details } = await write(part, wanted);
    assert.equal(code, 422);
    return details.causes.map((cause) => `${cause.field}: ${cause.message}`.trim());
  };
  const cannot = 'Forbidden: cannot be set for an Ephemeral Container';
  const at = 'spec.ephemeralContainers[0]';
  assert.deepEqual(
    await refused({
      name: 'd',
      image: 'x',
      ports: [{ containerPort: 1 }],
      resources: { limits: { cpu: '1' } },
      restartPolicy: 'Always',
      livenessProbe: { exec: { command: ['x'] } },
      lifecycle: { preStop: { exec: { command: ['x'] } } },
      volumeMounts: [{ name: 'v', mountPath: '/v', subPath: 's' }],
      targetContainerName: 'nobody',
    }),
    [
      ...['ports', 'resources', 'restartPolicy', 'livenessProbe', 'lifecycle', 'volumeMounts[0].subPath'].map(
        (field) => `${at}.${field}: ${cannot}`,
      ),
      `${at}.targetContainerName: Not found: "nobody"`,
    ],
  );
  assert.deepEqual(await refused({ name: 'c', image: 'x' }), [`${at}.name: Duplicate value: "c"`]);
  const added = await write(part, [{ name: 'd', image: 'x', targetContainerName: 'i' }]);
  assert.equal(added.kind, 'Pod');
  assert.equal(added.metadata.generation, 2);
  assert.equal(added.metadata.labels, undefined, 'nothing else of the pod is written');
  assert.equal(added.spec.ephemeralContainers[0].imagePullPolicy, 'Always');
  const existing = 'spec.ephemeralContainers: Forbidden: existing ephemeral containers "d" may not be';
  const [changed = ''] = await refused({ name: 'd', image: 'y' });
  assert.ok(changed.startsWith(`${existing} changed`), changed);
  assert.deepEqual(await refused({ name: 'd', $patch: 'delete' }), [`${existing} removed`]);
  const byPod = await write(`${pods}/e`, [{ name: 'other', image: 'x' }]);
  assert.match(byPod.message, /pod updates may not change fields other than/);
  const labelled = await cluster.mergePatch(`${pods}/e`, { metadata: { labels: { a: 'b' } } });
  assert.deepEqual(labelled.spec.ephemeralContainers, added.spec.ephemeralContainers);
});

test('of a pod only images, the deadline, and further tolerations may be changed', async () => {
  await cluster.post(pods, { metadata: { name: 'u' }, spec: { containers: [{ name: 'c', image: 'a:1' }] } });
  const path = `${pods}/u`;
  const strategic = (body: object) =>
    cluster.call(path, {
      method: 'PATCH',
      body,
      headers: { 'content-type': 'application/strategic-merge-patch+json' },
    });
  const { spec } = await strategic({ spec: { containers: [{ name: 'c', image: 'b:2' }], activeDeadlineSeconds: 9 } });
  assert.equal(spec.containers[0].image, 'b:2');
  const command = await strategic({ spec: { containers: [{ name: 'c', command: ['x'] }] } });
  assert.match(command.message, /^Pod "u" is invalid: spec: Forbidden: pod updates may not change fields other than /);
  assert.match(command.message, /- containers: .*\n\+ containers: .*"command":\["x"\]/);
  const added = await strategic({ spec: { containers: [{ name: 'd', image: 'x' }] } });
  assert.equal(
    added.message,
    'Pod "u" is invalid: spec.containers: Forbidden: pod updates may not add or remove containers',
  );
  const later = await strategic({ spec: { activeDeadlineSeconds: 10 } });
  assert.match(later.message, /must be less than or equal to previous value/);
  const tolerations = [{ key: 'a', operator: 'Exists' }];
  assert.equal(
    (await cluster.mergePatch(path, { spec: { tolerations: [...spec.tolerations, ...tolerations] } })).code,
    undefined,
  );
  const fewer = await cluster.mergePatch(path, { spec: { tolerations: [] } });
  assert.match(fewer.message, /existing toleration can not be modified except its tolerationSeconds$/);
});

test('the account must exist; its pull secrets and its refusal of tokens are taken over', async () => {
  const refused = await cluster.post(
    `${pods}?dryRun=All`,
    withSpec({ containers: [container], serviceAccountName: 'nope' }),
  );
  assert.equal(
    refused.message,
    'pods "p" is forbidden: error looking up service account default/nope: serviceaccount "nope" not found',
  );
  await cluster.post(`${core}/serviceaccounts`, {
    metadata: { name: 'quiet' },
    automountServiceAccountToken: false,
    imagePullSecrets: [{ name: 'reg' }],
  });
  const spec = await created({ containers: [container], serviceAccountName: 'quiet' });
  assert.equal(spec.volumes, undefined);
  assert.equal(spec.serviceAccount, 'quiet');
  assert.deepEqual(spec.imagePullSecrets, [{ name: 'reg' }]);
});

test('a pod of a namespace made just now waits for the account that a controller makes there', async () => {
  await cluster.post('/api/v1/namespaces', { metadata: { name: 'young' } });
  const pod = cluster.post('/api/v1/namespaces/young/pods', withSpec({ containers: [container] }));
  // The account comes while the pod's request is under way; meanwhile the process is held up for longer than anybody waits.
  await delay(60);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1200);
  await cluster.post('/api/v1/namespaces/young/serviceaccounts', { metadata: { name: 'default' } });
  assert.equal((await pod).spec.serviceAccountName, 'default');
});

test('where nobody makes the account the pod is refused', async () => {
  await cluster.post('/api/v1/namespaces', { metadata: { name: 'bare' } });
  const { code, message } = await cluster.post('/api/v1/namespaces/bare/pods', withSpec({ containers: [container] }));
  assert.equal(code, 403);
  assert.match(message, /error looking up service account bare\/default: serviceaccount "default" not found$/);
});

test('priorities are those of the classes that every cluster has', async () => {
  assert.equal(
    (await created({ containers: [container], priorityClassName: 'system-node-critical' })).priority,
    2000001000,
  );
  const unknown = await cluster.post(
    `${pods}?dryRun=All`,
    withSpec({ containers: [container], priorityClassName: 'x' }),
  );
  assert.equal(unknown.message, 'pods "p" is forbidden: no PriorityClass with name x was found');
});
