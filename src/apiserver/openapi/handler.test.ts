import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ResourceDefinition } from '../resources/resource.ts';
import type { VirtualResource } from '../resources/virtual-resource.ts';
import { type OpenApiAnswer, openApiHandler } from './handler.ts';

const deployments: ResourceDefinition = {
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  singular: 'deployment',
  namespaced: true,
  statusSubresource: true,
  scale: {
    specReplicasPath: ['spec', 'replicas'],
    specReplicas: () => 0,
    setSpecReplicas: () => {},
    statusReplicas: () => 0,
    selector: () => '',
  },
};
const services: ResourceDefinition = {
  group: '',
  version: 'v1',
  kind: 'Service',
  plural: 'services',
  singular: 'service',
  namespaced: true,
};
const namespaces: ResourceDefinition = {
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  singular: 'namespace',
  namespaced: false,
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
};
const gizmos: ResourceDefinition = {
  group: 'example.com',
  version: 'v1',
  kind: 'Gizmo',
  plural: 'gizmos',
  singular: 'gizmo',
  namespaced: false,
};
const tokens: VirtualResource = {
  group: '',
  version: 'v1',
  plural: 'serviceaccounts',
  singular: 'serviceAccount',
  namespaced: true,
  subresource: 'token',
  objectKind: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' },
  create: async ({ object }) => object,
};

const handle = openApiHandler([services, namespaces, deployments, gizmos], [tokens]);

function get(url: string, headers: Record<string, string> = {}): OpenApiAnswer | undefined {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  return handle({ path: pathname, query: searchParams, headers });
}

function json(answer: OpenApiAnswer | undefined): unknown {
  assert.equal(answer?.status, 200);
  assert.equal(answer.headers['Content-Type'], 'application/json');
  return JSON.parse(Buffer.from(answer.body).toString());
}

/** What a document has below a chain of keys; undefined where it ends early. */
function at(document: unknown, ...keys: string[]): unknown {
  let value = document;
  for (const key of keys) {
    value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
  }
  return value;
}

function keysAt(document: unknown, ...keys: string[]): string[] {
  return Object.keys(Object(at(document, ...keys))).sort();
}

function addressOf(root: string): string {
  return String(at(json(get('/openapi/v3')), 'paths', root, 'serverRelativeURL'));
}

/** Every $ref of a document. */
function references(value: unknown, found = new Set<string>()): Set<string> {
  if (typeof value !== 'object' || value === null) return found;
  for (const [key, item] of Object.entries(value)) {
    if (key === '$ref' && typeof item === 'string') found.add(item);
    else references(item, found);
  }
  return found;
}

describe('the OpenAPI v3 index', () => {
  it('names a document for every group and version, by hash', () => {
    assert.deepEqual(keysAt(json(get('/openapi/v3')), 'paths'), ['api/v1', 'apis/apps/v1', 'apis/example.com/v1']);
    assert.match(addressOf('apis/apps/v1'), /^\/openapi\/v3\/apis\/apps\/v1\?hash=[0-9A-F]{64}$/);
  });

  it('is the same for another server with the same kinds, and another for other kinds', () => {
    const index = Buffer.from(get('/openapi/v3')?.body ?? '').toString();
    const indexOf = (definitions: ResourceDefinition[]) =>
      Buffer.from(
        openApiHandler(definitions, [tokens])({ path: '/openapi/v3', query: new URLSearchParams(), headers: {} })
          ?.body ?? '',
      ).toString();
    assert.equal(indexOf([services, namespaces, deployments, gizmos]), index);
    assert.notEqual(indexOf([services, deployments, gizmos]), index);
  });
});

describe('an OpenAPI v3 document', () => {
  const apps = json(get(addressOf('apis/apps/v1')));
  const core = json(get(addressOf('api/v1')));
  const schema = (document: unknown, name: string, ...keys: string[]) =>
    at(document, 'components', 'schemas', name, ...keys);
  const one = '/apis/apps/v1/namespaces/{namespace}/deployments/{name}';

  it('has every operation', () => {
    const methods = keysAt(apps, 'paths').map((path) => [
      path,
      keysAt(apps, 'paths', path)
        .filter((key) => key !== 'parameters')
        .join(' '),
    ]);
    assert.deepEqual(Object.fromEntries(methods), {
      '/apis/apps/v1/namespaces/{namespace}/deployments': 'delete get post',
      [one]: 'delete get patch put',
      [`${one}/status`]: 'get patch put',
      [`${one}/scale`]: 'get patch put',
      '/apis/apps/v1/deployments': 'get',
    });
  });

  it('tells of an operation its action, its kind and what field validation needs', () => {
    const parameter = (name: string, type: string) => ({ name, in: 'query', schema: { type, uniqueItems: true } });
    const patch = Object(at(apps, 'paths', one, 'patch'));
    assert.equal(patch.operationId, 'patchAppsV1NamespacedDeployment');
    assert.equal(patch['x-kubernetes-action'], 'patch');
    assert.deepEqual(patch['x-kubernetes-group-version-kind'], { group: 'apps', kind: 'Deployment', version: 'v1' });
    assert.deepEqual(patch.parameters, [
      parameter('dryRun', 'string'),
      parameter('fieldManager', 'string'),
      parameter('fieldValidation', 'string'),
      parameter('force', 'boolean'),
    ]);
    assert.deepEqual(at(apps, 'paths', `${one}/scale`, 'get', 'x-kubernetes-group-version-kind'), {
      group: 'autoscaling',
      kind: 'Scale',
      version: 'v1',
    });
  });

  it('has the schemas that it refers to, and no others', () => {
    const names = [...references(apps)].map((ref) => ref.replace('#/components/schemas/', ''));
    assert.deepEqual(names.sort(), keysAt(apps, 'components', 'schemas'));
  });

  it('has what apply and explain look for', () => {
    assert.deepEqual(schema(apps, 'io.k8s.api.apps.v1.Deployment', 'x-kubernetes-group-version-kind'), [
      { group: 'apps', kind: 'Deployment', version: 'v1' },
    ]);
    assert.deepEqual(schema(apps, 'io.k8s.api.core.v1.PodSpec', 'properties', 'containers'), {
      type: 'array',
      items: { $ref: '#/components/schemas/io.k8s.api.core.v1.Container' },
      'x-kubernetes-patch-strategy': 'merge',
      'x-kubernetes-patch-merge-key': 'name',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
    });
    assert.deepEqual(schema(apps, 'io.k8s.api.apps.v1.Deployment', 'properties', 'spec'), {
      allOf: [{ $ref: '#/components/schemas/io.k8s.api.apps.v1.DeploymentSpec' }],
    });
    assert.deepEqual(schema(apps, 'io.k8s.api.apps.v1.DeploymentSpec', 'required'), ['selector', 'template']);
    assert.equal(schema(apps, 'io.k8s.api.core.v1.ContainerPort', 'properties', 'protocol', 'default'), 'TCP');
  });

  it('has only the verbs that a kind has', () => {
    assert.deepEqual(keysAt(core, 'paths', '/api/v1/namespaces'), ['get', 'parameters', 'post']);
    assert.equal(at(core, 'paths', '/api/v1/namespaces/{namespace}/services/{name}/status'), undefined);
  });

  it('has the kinds that are answered and never stored', () => {
    const path = '/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token';
    assert.equal(at(core, 'paths', path, 'post', 'operationId'), 'createCoreV1NamespacedServiceAccountTokenRequest');
    assert.deepEqual(at(core, 'paths', path, 'post', 'x-kubernetes-group-version-kind'), {
      group: 'authentication.k8s.io',
      kind: 'TokenRequest',
      version: 'v1',
    });
    assert.ok(schema(core, 'io.k8s.api.authentication.v1.TokenRequest', 'properties'));
  });

  it('takes a kind that Kubernetes lacks for an object of any fields', () => {
    assert.deepEqual(schema(json(get(addressOf('apis/example.com/v1'))), 'com.example.v1.Gizmo'), {
      type: 'object',
      'x-kubernetes-preserve-unknown-fields': true,
      'x-kubernetes-group-version-kind': [{ group: 'example.com', version: 'v1', kind: 'Gizmo' }],
    });
  });
});

describe('caching of OpenAPI documents', () => {
  const address = addressOf('apis/apps/v1');

  it('by hash lasts', () => {
    const answer = get(address);
    assert.equal(answer?.headers['Cache-Control'], 'public, immutable');
    assert.equal(answer.headers.Vary, 'Accept');
    assert.ok(Date.parse(answer.headers.Expires ?? '') > Date.now());
    assert.equal(answer.headers.ETag, `"${new URL(address, 'http://x').searchParams.get('hash')}"`);
  });

  it('without hash does not', () => {
    const answer = get('/openapi/v3/apis/apps/v1');
    assert.equal(answer?.status, 200);
    assert.equal(answer.headers['Cache-Control'], undefined);
  });

  it('leads from an old hash to the new one', () => {
    const answer = get('/openapi/v3/apis/apps/v1?hash=OLD');
    assert.equal(answer?.status, 301);
    assert.equal(answer.headers.Location, address);
  });

  it('answers 304 to who has it already', () => {
    for (const url of ['/openapi/v2', '/openapi/v3', address]) {
      const etag = get(url)?.headers.ETag ?? '';
      assert.equal(get(url, { 'if-none-match': `"other", W/${etag}` })?.status, 304);
      assert.equal(get(url, { 'if-none-match': '"other"' })?.status, 200);
    }
  });
});

describe('OpenAPI v2', () => {
  const document = json(get('/openapi/v2'));

  it('has all kinds in one document', () => {
    assert.equal(at(document, 'swagger'), '2.0');
    assert.ok(at(document, 'paths', '/apis/apps/v1/namespaces/{namespace}/deployments/{name}', 'patch'));
    assert.ok(at(document, 'paths', '/api/v1/namespaces/{namespace}/services', 'post'));
    const ports = at(document, 'definitions', 'io.k8s.api.core.v1.ServiceSpec', 'properties', 'ports');
    assert.equal(at(ports, 'x-kubernetes-patch-merge-key'), 'port');
  });

  it('has the definitions that it refers to, and nothing that only version 3 has', () => {
    const names = [...references(document)].map((ref) => ref.replace('#/definitions/', ''));
    assert.deepEqual(names.sort(), keysAt(document, 'definitions'));
    assert.ok(!JSON.stringify(at(document, 'definitions')).includes('"oneOf"'));
  });
});

describe('what is asked of OpenAPI', () => {
  const protobuf = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';

  it('is protobuf for version 2 where that is asked for first', () => {
    const answer = get('/openapi/v2', { accept: `${protobuf}, application/json` });
    assert.equal(answer?.status, 200);
    assert.equal(answer.headers['Content-Type'], 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf');
    // Field 1, "swagger": "2.0".
    assert.deepEqual([...answer.body.subarray(0, 5)], [0x0a, 3, 0x32, 0x2e, 0x30]);
    assert.notEqual(answer.headers.ETag, get('/openapi/v2')?.headers.ETag);
    const json = get('/openapi/v2', { accept: `application/json, ${protobuf}` });
    assert.equal(json?.headers['Content-Type'], 'application/json');
  });

  it('is refused in forms that there are not', () => {
    for (const accept of ['text/html', 'application/json;q=0']) {
      assert.equal(get('/openapi/v2', { accept })?.status, 406, accept);
    }
    assert.equal(get('/openapi/v3', { accept: protobuf })?.status, 406);
    for (const accept of ['*/*', 'application/x+protobuf, application/json', 'application/json;q=0.5']) {
      assert.equal(get('/openapi/v2', { accept })?.status, 200, accept);
    }
  });

  it('is not answered for other paths', () => {
    for (const path of ['/', '/openapi', '/openapi/v4', '/openapi/v3/apis/none/v1', '/openapi/v3x', '/api/v1']) {
      assert.equal(get(path), undefined, path);
    }
  });
});
