import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { GroupVersionKind } from '../group-version.ts';
import { StatusError } from '../status.ts';
import { conform } from './conform.ts';
import type { ObjectSchema } from './schema.ts';
import { schemaOf, structOf } from './schema.ts';
import { checkFields, parseJsonStrict, pruneFields, strictDecodingError } from './strict.ts';

function schema(group: string, kind: string, version = 'v1'): ObjectSchema {
  const found = schemaOf({ group, version, kind });
  assert.ok(found, `${kind} has a schema`);
  return found;
}

const deployment = schema('apps', 'Deployment');
const service = schema('', 'Service');
const pod = schema('', 'Pod');

function deploymentWith(spec: unknown, metadata: unknown = { name: 'web' }): unknown {
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec };
}

describe('schemas of kinds', () => {
  it('know the facts of a field', () => {
    const ports = structOf({ kind: 'struct', package: 'core.v1', name: 'ServiceSpec' }).fields.get('ports');
    assert.ok(ports);
    assert.equal(ports.patchMergeKey, 'port');
    assert.deepEqual(ports.patchStrategies, ['merge']);
    assert.deepEqual(ports.listMapKeys, ['port', 'protocol']);
    assert.deepEqual(ports.numbers, [1]);
    const protocol = structOf({ kind: 'struct', package: 'core.v1', name: 'ServicePort' }).fields.get('protocol');
    assert.equal(protocol?.default, 'TCP');
  });

  it('exist for the kinds of Kubernetes and for nothing else', () => {
    const known: GroupVersionKind[] = [
      { group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'ClusterRole' },
      { group: 'apps', version: 'v1', kind: 'DeleteOptions' },
      { group: 'meta.k8s.io', version: 'v1', kind: 'DeleteOptions' },
      { group: '', version: 'v1', kind: 'Status' },
      { group: 'autoscaling', version: 'v1', kind: 'Scale' },
    ];
    for (const gvk of known) assert.ok(schemaOf(gvk), gvk.kind);
    const unknown: GroupVersionKind[] = [
      { group: '', version: 'v1', kind: 'Deployment' },
      { group: '', version: 'v1', kind: 'PodSpec' },
      { group: 'apps', version: 'v2', kind: 'Deployment' },
      { group: 'example.com', version: 'v1', kind: 'DeleteOptions' },
      { group: '', version: 'v1', kind: 'toString' },
    ];
    for (const gvk of unknown) assert.equal(schemaOf(gvk), undefined, gvk.kind);
  });

  it('can all be read, with every type that they name', () => {
    const folder = new URL('../generated/', import.meta.url);
    const names = readdirSync(folder).filter((name) => name !== 'packages.json');
    let count = 0;
    for (const file of names) {
      const types = Object.keys(JSON.parse(readFileSync(new URL(file, folder), 'utf8')));
      for (const name of types) {
        for (const field of structOf({ kind: 'struct', package: file.replace(/\.json$/, ''), name }).fields.values()) {
          let { type } = field;
          while (type.kind === 'list' || type.kind === 'map') type = type.of;
          if (type.kind === 'struct') structOf(type);
          count++;
        }
      }
    }
    assert.ok(count > 3000, `${count} fields`);
  });
});

describe('unknown fields', () => {
  const object = deploymentWith({
    replicas: 1,
    replica: 2,
    template: { spec: { containers: [{ name: 'a' }, { name: 'b', imagePullPolicie: 'x', env: [{ nam: 'x' }] }] } },
  });

  it('are told with their paths', () => {
    assert.deepEqual(checkFields(object, deployment), [
      'unknown field "spec.replica"',
      'unknown field "spec.template.spec.containers[1].imagePullPolicie"',
      'unknown field "spec.template.spec.containers[1].env[0].nam"',
    ]);
  });

  it('are pruned, and the argument stays as it was', () => {
    const before = structuredClone(object);
    assert.deepEqual(pruneFields(object, deployment), {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web' },
      spec: {
        replicas: 1,
        strategy: {},
        template: {
          metadata: {},
          spec: {
            containers: [
              { name: 'a', resources: {} },
              { name: 'b', env: [{ name: '' }], resources: {} },
            ],
          },
        },
      },
      status: {},
    });
    assert.deepEqual(object, before);
  });

  it('are those that only every object has', () => {
    assert.deepEqual(checkFields(JSON.parse('{"toString":1,"__proto__":{"a":1}}'), pod), [
      'unknown field "toString"',
      'unknown field "__proto__"',
    ]);
  });

  it('are told up to a hundred', () => {
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`x${at}`, 1]));
    assert.equal(checkFields(many, pod).length, 100);
  });

  it('are none in maps and raw objects', () => {
    const metadata = { labels: { any: 'x' }, managedFields: [{ fieldsV1: { 'f:spec': { 'f:x': {} } } }] };
    assert.deepEqual(checkFields(deploymentWith({}, metadata), deployment), []);
  });

  it('answer Strict as upstream does', () => {
    const error = strictDecodingError({ kind: 'Deployment', version: 'v1' }, [
      'unknown field "a"',
      'duplicate field "b"',
    ]);
    assert.equal(error.code, 400);
    assert.equal(
      error.message,
      'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "a", duplicate field "b"',
    );
  });
});

describe('the form that is kept', () => {
  it('has no nulls, and takes creationTimestamp: null', () => {
    const { object, complaints } = conform(
      deploymentWith(
        { replicas: null, template: { metadata: { creationTimestamp: null } } },
        { creationTimestamp: null, labels: { a: null } },
      ),
      deployment,
    );
    assert.deepEqual(complaints, []);
    assert.deepEqual(object, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { labels: { a: '' } },
      spec: { strategy: {}, template: { metadata: {}, spec: { containers: [] } } },
      status: {},
    });
  });

  it('leaves out zeros where Go does and keeps those that say something', () => {
    const spec = { ports: [{ port: 80, nodePort: 0, name: '' }], selector: {}, externalIPs: [], clusterIP: '' };
    const { object } = conform({ metadata: {}, spec: { ...spec, allocateLoadBalancerNodePorts: false } }, service);
    assert.deepEqual(object, {
      metadata: {},
      spec: { ports: [{ port: 80 }], allocateLoadBalancerNodePorts: false },
      status: { loadBalancer: {} },
    });
    const template = { metadata: {}, spec: { containers: [] } };
    assert.deepEqual(pruneFields(deploymentWith({ replicas: 0 }), deployment), {
      ...Object(deploymentWith({ replicas: 0, strategy: {}, template })),
      status: {},
    });
  });

  it('has every required field, so that none need be asked for', () => {
    const role = schema('rbac.authorization.k8s.io', 'Role');
    assert.deepEqual(conform({}, role).object, { metadata: {}, rules: [] });
    assert.deepEqual(conform({ rules: [{}, null] }, role).object, {
      metadata: {},
      rules: [{ verbs: [] }, { verbs: [] }],
    });
  });

  it('has times in UTC and whole seconds, or microseconds', () => {
    const lease = schema('coordination.k8s.io', 'Lease');
    const { object } = conform(
      {
        metadata: { creationTimestamp: '2026-02-03T04:05:06.789+02:00' },
        spec: { renewTime: '2026-02-03T04:05:06.7Z' },
      },
      lease,
    );
    assert.deepEqual(object, {
      metadata: { creationTimestamp: '2026-02-03T02:05:06Z' },
      spec: { renewTime: '2026-02-03T04:05:06.700000Z' },
    });
  });

  it('has quantities as strings', () => {
    const limits = { cpu: 2, memory: '64Mi' };
    const { object } = conform({ spec: { containers: [{ name: 'a', resources: { limits } }] } }, pod);
    assert.deepEqual(object, {
      metadata: {},
      spec: { containers: [{ name: 'a', resources: { limits: { cpu: '2', memory: '64Mi' } } }] },
      status: {},
    });
  });
});

describe('values of a wrong type', () => {
  const wrong: [name: string, schema: ObjectSchema, object: unknown, message: string][] = [
    [
      'a string for an integer',
      deployment,
      deploymentWith({ replicas: 'three' }),
      'Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      'an object for a list',
      pod,
      { apiVersion: 'v1', kind: 'Pod', spec: { containers: {} } },
      'Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type []v1.Container',
    ],
    [
      "a number for a map's value",
      pod,
      { apiVersion: 'v1', kind: 'Pod', metadata: { labels: { a: 1 } } },
      'Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string',
    ],
    [
      'a fraction for an integer',
      service,
      { apiVersion: 'v1', kind: 'Service', spec: { ports: [{ port: 1.5 }] } },
      'Service in version "v1" cannot be handled as a Service: json: cannot unmarshal number 1.5 into Go struct field ServicePort.spec.ports.port of type int32',
    ],
    [
      'an integer out of range',
      service,
      { apiVersion: 'v1', kind: 'Service', spec: { ports: [{ port: 2147483648 }] } },
      'Service in version "v1" cannot be handled as a Service: json: cannot unmarshal number 2147483648 into Go struct field ServicePort.spec.ports.port of type int32',
    ],
    [
      'a list for the object',
      pod,
      [],
      'Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal array into Go value of type v1.Pod',
    ],
  ];
  for (const [name, kind, object, message] of wrong) {
    it(`refuses ${name}`, () => {
      assert.throws(
        () => conform(object, kind),
        (error) => {
          assert.ok(error instanceof StatusError && error.code === 400);
          assert.equal(error.message, message);
          return true;
        },
      );
    });
  }

  const malformed: [name: string, spec: unknown, message: RegExp][] = [
    [
      'a quantity',
      { containers: [{ name: 'a', resources: { limits: { cpu: '1 core' } } }] },
      /limits\.cpu: quantities must/,
    ],
    [
      'a time',
      { tolerations: [], containers: [], activeDeadlineSeconds: '2026' },
      /activeDeadlineSeconds of type int64/,
    ],
    [
      'an IntOrString',
      { containers: [{ name: 'a', livenessProbe: { tcpSocket: { port: true } } }] },
      /tcpSocket\.port of type int32/,
    ],
  ];
  for (const [name, spec, message] of malformed) {
    it(`refuses what is no ${name}`, () => {
      assert.throws(() => conform({ apiVersion: 'v1', kind: 'Pod', spec }, pod), message);
    });
  }

  it('refuses raw objects that nest without end', () => {
    const depth = 100_000;
    const fieldsV1: unknown = JSON.parse(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`);
    assert.throws(() => conform({ metadata: { managedFields: [{ fieldsV1 }] } }, pod), /levels deep/);
  });

  it('refuses data that is no base64', () => {
    const secret = schema('', 'Secret');
    assert.throws(() => conform({ data: { a: 'not base64!' } }, secret), /data\.a: illegal base64 data/);
    assert.deepEqual(conform({ data: { a: 'YWJj' } }, secret).object, {
      metadata: {},
      data: { a: 'YWJj' },
    });
  });
});

describe('duplicate fields', () => {
  it('are found at any depth, once each, whatever the spelling', () => {
    const text =
      '{"spec":{"a":1,"b":[{"c":1},{"c":1,"\\u0063":2,"c":3}],"a":{"a":[]}},"x":"\\"}{,\\"spec\\":","y":{"x":{"x":1}}}';
    assert.deepEqual(parseJsonStrict(text).complaints, ['duplicate field "spec.b[1].c"', 'duplicate field "spec.a"']);
  });

  it('leave the last value', () => {
    assert.deepEqual(parseJsonStrict('{"a":1,"a":2}'), { value: { a: 2 }, complaints: ['duplicate field "a"'] });
  });

  it('are none in ordinary documents', () => {
    const text = '{"a":{"a":[{"a":1},{"a":"a"}],"b":""},"b":["a","a",{}],"c":[[{"x":1}],[{"x":1}]]}';
    assert.deepEqual(parseJsonStrict(text).complaints, []);
  });

  it('in what is not JSON are a bad request', () => {
    assert.throws(
      () => parseJsonStrict('{"a":'),
      (error) => error instanceof StatusError && error.code === 400,
    );
  });
});
