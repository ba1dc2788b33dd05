import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Deployment } from '../api/types/apps-v1.ts';
import { extractApplied } from './extract-applied.ts';

const labels = { app: 'web' };
const deployment: Deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {
    name: 'web',
    namespace: 'shop',
    uid: 'u',
    annotations: { other: '1' },
    managedFields: [
      {
        manager: 'me',
        operation: 'Apply',
        apiVersion: 'apps/v1',
        fieldsType: 'FieldsV1',
        fieldsV1: {
          'f:spec': {
            'f:selector': {},
            'f:template': {
              'f:spec': {
                'f:containers': {
                  'k:{"name":"main"}': {
                    '.': {},
                    'f:name': {},
                    'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} } },
                  },
                },
              },
            },
          },
        },
      },
      {
        manager: 'me',
        operation: 'Apply',
        apiVersion: 'apps/v1',
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:status': { 'f:replicas': {} } },
        subresource: 'status',
      },
      { manager: 'edit', operation: 'Update', apiVersion: 'apps/v1', fieldsType: 'FieldsV1', fieldsV1: {} },
    ],
  },
  spec: {
    replicas: 3,
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: {
        containers: [
          { name: 'main', image: 'i', ports: [{ containerPort: 80, protocol: 'TCP' }] },
          { name: 'side', image: 'i' },
        ],
      },
    },
  },
  status: { replicas: 3 },
};

test('what a manager has applied comes back as a document of its own', async () => {
  const identity = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'shop' } };
  assert.deepEqual(await extractApplied(deployment, { fieldManager: 'me' }), {
    ...identity,
    spec: {
      selector: { matchLabels: labels },
      template: {
        spec: { containers: [{ name: 'main', ports: [{ containerPort: 80, protocol: 'TCP' }] }] },
      },
    },
  });
  assert.deepEqual(await extractApplied(deployment, { fieldManager: 'me', subresource: 'status' }), {
    ...identity,
    status: { replicas: 3 },
  });
  assert.equal(
    await extractApplied(deployment, { fieldManager: 'edit' }),
    undefined,
    'what was updated was not applied',
  );
  assert.equal(await extractApplied(deployment, { fieldManager: 'nobody' }), undefined);
});

test('of kinds that Kubernetes does not define, lists come whole', async () => {
  const widget = {
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: {
      name: 'w',
      managedFields: [{ manager: 'me', operation: 'Apply', fieldsV1: { 'f:spec': { 'f:list': {}, 'f:size': {} } } }],
    },
    spec: { list: [{ name: 'a' }], size: 1, other: 2 },
  };
  assert.deepEqual(await extractApplied(widget, { fieldManager: 'me' }), {
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: { name: 'w' },
    spec: { list: [{ name: 'a' }], size: 1 },
  });
});
