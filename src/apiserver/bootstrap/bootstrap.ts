/** What every cluster begins with: its namespaces, roles and bindings, and the Service by which pods reach the API. */
import { randomUUID } from 'node:crypto';
import { isIPv6 } from 'node:net';
import type { GroupResource } from '../../api/group-version.ts';
import type { KubeObject } from '../../api/object.ts';
import type { ConfigMap, Endpoints, Namespace, Service } from '../../api/types/core-v1.ts';
import type { EndpointSlice } from '../../api/types/discovery-v1.ts';
import { rbacGroup } from '../auth/rbac-source.ts';
import { formatKey, keyPrefix } from '../storage/keys.ts';
import type { Storage } from '../storage/storage.ts';
import { KeyExists, RevisionMismatch } from '../storage/storage.ts';
import { encodeForStorage } from '../stored-object.ts';
import { bootstrapClusterRoleBindings, bootstrapClusterRoles, bootstrapRoles } from './roles.ts';

export const defaultServiceAddress = '10.96.0.1';

const core = (resource: string): GroupResource => ({ group: '', resource });
const rbac = (resource: string): GroupResource => ({ group: rbacGroup, resource });

/** Creates what is missing and leaves alone what is there, changed or not. `clientCa`: PEM, for extension servers. */
export async function bootstrapObjects(
  storage: Storage,
  { clientCa, now }: { clientCa: string; now: Date },
): Promise<void> {
  const wanted: [GroupResource, KubeObject[]][] = [
    [core('namespaces'), ['default', 'kube-system', 'kube-public', 'kube-node-lease'].map(namespaceOf)],
    [rbac('clusterroles'), bootstrapClusterRoles()],
    [rbac('clusterrolebindings'), bootstrapClusterRoleBindings()],
    [rbac('roles'), bootstrapRoles().filter(({ kind }) => kind === 'Role')],
    [rbac('rolebindings'), bootstrapRoles().filter(({ kind }) => kind === 'RoleBinding')],
    [core('configmaps'), [extensionAuthentication(clientCa)]],
  ];
  await Promise.all(wanted.map(([resource, objects]) => createMissing(storage, resource, objects, now)));
}

async function createMissing(
  storage: Storage,
  resource: GroupResource,
  objects: KubeObject[],
  now: Date,
): Promise<void> {
  // One look at the few keys there are is cheaper than as many refused writes at every start.
  const namespace = objects[0]?.metadata.namespace;
  const { entries } = await storage.list({ prefix: keyPrefix(resource, namespace) });
  const present = new Set(entries.map(({ key }) => key));
  const missing = objects.filter((object) => !present.has(keyOf(resource, object)));
  await Promise.all(missing.map((object) => createUnlessThere(storage, resource, object, now)));
}

function keyOf(resource: GroupResource, { metadata: { name = '', namespace } }: KubeObject): string {
  return formatKey({ ...resource, name, ...(namespace === undefined ? {} : { namespace }) });
}

async function createUnlessThere(
  storage: Storage,
  resource: GroupResource,
  object: KubeObject,
  now: Date,
): Promise<void> {
  const metadata = { ...object.metadata, uid: randomUUID(), creationTimestamp: timestamp(now) };
  try {
    await storage.create(keyOf(resource, object), encodeForStorage({ ...object, metadata }));
  } catch (error) {
    if (!(error instanceof KeyExists)) throw error;
  }
}

function timestamp(now: Date): string {
  return `${now.toISOString().slice(0, 19)}Z`;
}

function namespaceOf(name: string): Namespace {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { 'kubernetes.io/metadata.name': name } },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  };
}

function extensionAuthentication(clientCa: string): ConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'extension-apiserver-authentication', namespace: 'kube-system' },
    data: { 'client-ca-file': clientCa },
  };
}

export interface ApiServerAddress {
  /** Where the API server really listens; loopback is allowed here. */
  address: string;
  port: number;
  /** The Service's own address. */
  serviceAddress?: string;
}

/** Makes the `kubernetes` Service, Endpoints and EndpointSlice say where the API server listens now. */
export async function publishApiServer(storage: Storage, where: ApiServerAddress, now: Date): Promise<void> {
  const { address, port, serviceAddress = defaultServiceAddress } = where;
  const metadata = { name: 'kubernetes', namespace: 'default' };
  const ports = [{ name: 'https', port, protocol: 'TCP' }];
  const service: Service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { ...metadata, labels: { component: 'apiserver', provider: 'kubernetes' } },
    spec: {
      clusterIP: serviceAddress,
      clusterIPs: [serviceAddress],
      internalTrafficPolicy: 'Cluster',
      ipFamilies: [isIPv6(serviceAddress) ? 'IPv6' : 'IPv4'],
      ipFamilyPolicy: 'SingleStack',
      ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: port }],
      sessionAffinity: 'None',
      type: 'ClusterIP',
    },
    status: { loadBalancer: {} },
  };
  const endpoints: Endpoints = {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { ...metadata, labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
    subsets: [{ addresses: [{ ip: address }], ports }],
  };
  const slice: EndpointSlice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { ...metadata, labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    addressType: isIPv6(address) ? 'IPv6' : 'IPv4',
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
    ports,
  };
  await Promise.all([
    put(storage, core('services'), service, now),
    put(storage, core('endpoints'), endpoints, now),
    put(storage, { group: 'discovery.k8s.io', resource: 'endpointslices' }, slice, now),
  ]);
}

/** Writes the object over the stored one, whose identity and place in time stay; a write that changes nothing is left out. */
async function put(storage: Storage, resource: GroupResource, object: KubeObject, now: Date): Promise<void> {
  const key = keyOf(resource, object);
  for (;;) {
    const entry = await storage.get(key);
    if (entry === undefined) return createUnlessThere(storage, resource, object, now);
    const stored = JSON.parse(Buffer.from(entry.value).toString('utf8')) as KubeObject;
    const { uid, creationTimestamp, annotations } = stored.metadata;
    const kept = {
      ...(uid === undefined ? {} : { uid }),
      ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
    };
    const metadata = { ...object.metadata, ...kept, ...(annotations === undefined ? {} : { annotations }) };
    const value = encodeForStorage({ ...object, metadata });
    if (Buffer.from(entry.value).equals(value)) return;
    try {
      await storage.update(key, value, entry.revision);
      return;
    } catch (error) {
      if (!(error instanceof RevisionMismatch)) throw error;
    }
  }
}
