/** Nodes, Events, Endpoints, cluster roles, owners, ports of nodes. */
import type { Question } from '../request.ts';
import {
  columnsAndCells,
  map,
  maps,
  merge,
  rbac,
  service,
  services,
  table,
  template,
  withoutLabels,
} from '../vocabulary.ts';

const event = {
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name: 'told' },
  involvedObject: { kind: 'ConfigMap', name: 'one', namespace: 'diff' },
  reason: 'Told',
  message: 'm',
  type: 'Normal',
};

export const moreKinds: readonly Question[] = [
  {
    name: 'a Node',
    method: 'POST',
    path: '/api/v1/nodes',
    body: { apiVersion: 'v1', kind: 'Node', metadata: { name: 'other' } },
  },
  {
    name: 'a Node of a bad name',
    method: 'POST',
    path: '/api/v1/nodes',
    body: { apiVersion: 'v1', kind: 'Node', metadata: { name: 'A' } },
  },
  { name: 'a table of that Node', path: '/api/v1/nodes/other', headers: table, select: columnsAndCells },
  {
    name: 'a ServiceAccount',
    method: 'POST',
    path: '/api/v1/namespaces/diff/serviceaccounts',
    body: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'robot' } },
  },
  { name: 'an Event', method: 'POST', path: '/api/v1/namespaces/diff/events', body: event },
  {
    name: 'an Event of a name of its own form',
    method: 'POST',
    path: '/api/v1/namespaces/diff/events',
    body: { ...event, metadata: { name: `system:${'x'.repeat(250)}.18ec37b092e1` } },
  },
  {
    name: 'an Event of a bad name',
    method: 'POST',
    path: '/api/v1/namespaces/diff/events',
    body: { ...event, metadata: { name: 'a%b' } },
  },
  {
    name: 'an Event of elsewhere',
    method: 'POST',
    path: '/api/v1/namespaces/diff/events',
    body: { ...event, metadata: { name: 'x' }, involvedObject: { kind: 'ConfigMap', namespace: 'other' } },
  },
  {
    name: 'Events by reason',
    path: '/api/v1/namespaces/diff/events?fieldSelector=reason%3DTold,involvedObject.name%3Dother',
  },
  {
    name: 'Endpoints',
    method: 'POST',
    path: '/api/v1/namespaces/diff/endpoints',
    body: {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { name: 'own' },
      subsets: [{ addresses: [{ ip: '10.1.1.1' }], ports: [{ port: 80 }] }],
    },
    select: withoutLabels,
  },
  {
    name: 'bad Endpoints',
    method: 'POST',
    path: '/api/v1/namespaces/diff/endpoints',
    body: {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { name: 'x' },
      subsets: [{ addresses: [{ ip: 'name' }], ports: [{ port: 80 }, { port: 0 }] }],
    },
  },
  {
    name: 'a ReplicaSet',
    method: 'POST',
    path: '/apis/apps/v1/namespaces/diff/replicasets',
    body: {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: { name: 'set' },
      spec: { replicas: 0, selector: { matchLabels: { app: 'set' } }, template: template('set') },
    },
  },
  {
    name: 'a ClusterRole',
    method: 'POST',
    path: `${rbac}/clusterroles`,
    body: {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'diff' },
      rules: [{ nonResourceURLs: ['/x'], verbs: ['get'] }],
    },
  },
  {
    name: 'a ClusterRole of nothing',
    method: 'POST',
    path: `${rbac}/clusterroles`,
    body: {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'diff-x' },
      rules: [{ verbs: ['get'] }],
    },
  },
  {
    name: 'a ClusterRoleBinding',
    method: 'POST',
    path: `${rbac}/clusterrolebindings`,
    body: {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'diff' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'diff' },
      subjects: [
        { kind: 'ServiceAccount', name: 'robot', namespace: 'diff' },
        { kind: 'Group', name: 'devs' },
      ],
    },
  },
  {
    name: 'a bad owner reference',
    method: 'POST',
    path: maps,
    body: map('x', {
      metadata: { name: 'x', ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: '', uid: '' }] },
    }),
  },
  {
    name: 'two controllers',
    method: 'POST',
    path: maps,
    body: map('x', {
      metadata: {
        name: 'x',
        ownerReferences: [1, 2].map((n) => ({
          apiVersion: 'v1',
          kind: 'ConfigMap',
          name: 'a',
          uid: `u${n}`,
          controller: true,
        })),
      },
    }),
  },
  {
    name: 'a Service of a node port',
    method: 'POST',
    path: services,
    body: service('ported', { type: 'NodePort', ports: [{ port: 80 }] }),
  },
  {
    name: 'a Service of a wrong node port',
    method: 'POST',
    path: services,
    body: service('x', { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] }),
  },
  {
    name: 'a Service whose address changes',
    method: 'PATCH',
    path: `${services}/web`,
    headers: merge,
    body: { spec: { clusterIP: '10.96.77.77', clusterIPs: ['10.96.77.77'] } },
    select: (body) => (body as { code?: number }).code,
  },
  {
    name: 'a Service with a bad port name',
    method: 'POST',
    path: services,
    body: service('x', { ports: [{ name: 'A_B', port: 80 }, { port: 81 }] }),
  },
  {
    name: 'server-side apply',
    method: 'PATCH',
    path: `${maps}/applied?fieldManager=me`,
    headers: { 'Content-Type': 'application/apply-patch+yaml' },
    body: map('applied'),
  },
];
