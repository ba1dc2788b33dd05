/** Words that questions are made of: paths, headers, objects, and what of an answer can be compared. */
import type { Earlier } from './request.ts';

export const maps = '/api/v1/namespaces/diff/configmaps';
export const pods = '/api/v1/namespaces/diff/pods';
export const services = '/api/v1/namespaces/diff/services';
export const secrets = '/api/v1/namespaces/diff/secrets';
export const deployments = '/apis/apps/v1/namespaces/diff/deployments';
export const roles = '/apis/rbac.authorization.k8s.io/v1/namespaces/diff/roles';
export const bindings = '/apis/rbac.authorization.k8s.io/v1/namespaces/diff/rolebindings';
export const slices = '/apis/discovery.k8s.io/v1/namespaces/diff/endpointslices';
export const leases = '/apis/coordination.k8s.io/v1/namespaces/diff/leases';

export const table = { Accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' };
export const json = { 'Content-Type': 'application/json-patch+json' };
export const merge = { 'Content-Type': 'application/merge-patch+json' };
export const strategic = { 'Content-Type': 'application/strategic-merge-patch+json' };

export const map = (name: string, more: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data: { a: '1' },
  ...more,
});
/** A controller may have written its status by now. */
export function withoutStatus(body: unknown): unknown {
  return { ...(body as object), status: undefined };
}
/** The controller that mirrors Endpoints may have marked them by now. */
export function withoutLabels(body: unknown): unknown {
  const { metadata, ...rest } = body as { metadata: object };
  return { ...rest, metadata: { ...metadata, labels: undefined } };
}
export const template = (app: string): object => ({
  metadata: { labels: { app } },
  spec: { containers: [{ name: 'main', image: 'example.test/none:1' }] },
});
export const deployment = (name: string, spec: object = {}): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: { paused: true, replicas: 0, selector: { matchLabels: { app: name } }, template: template(name), ...spec },
});
export const service = (name: string, spec: object): object => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec,
});
export const pod = (name: string, spec: object): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec,
});
export const role = (name: string): object => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'Role',
  metadata: { name },
  rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] }],
});

export function versionOf(earlier: Earlier, name: string): string {
  const body = earlier.get(name)?.body as { metadata?: { resourceVersion?: string } } | undefined;
  return body?.metadata?.resourceVersion ?? '';
}
export function continueOf(earlier: Earlier, name: string): string {
  const body = earlier.get(name)?.body as { metadata?: { continue?: string } } | undefined;
  return body?.metadata?.continue ?? '';
}

/** Columns with their descriptions' presence, and cells; the objects themselves are compared elsewhere. */
export function columnsAndCells(body: unknown): unknown {
  const { kind, columnDefinitions, rows } = body as {
    kind?: string;
    columnDefinitions?: { name: string; type: string; format: string; priority: number }[];
    rows?: { cells: unknown[]; object: { kind?: string } }[];
  };
  return {
    kind,
    columns: columnDefinitions?.map(({ name, type, format, priority }) => [name, type, format, priority]),
    rows: rows?.map(({ cells, object }) => [cells, object?.kind]),
  };
}

export const rbac = '/apis/rbac.authorization.k8s.io/v1';
