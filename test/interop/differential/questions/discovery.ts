/** Which resources there are. */
import type { Question } from '../request.ts';

type Named = { name: string; verbs?: string[]; shortNames?: string[]; categories?: string[] };

/** The resources that the embedded cluster serves: the real one has more. */
function served(names: readonly string[]): (body: unknown) => unknown {
  return (body) => {
    const { resources, ...rest } = body as { resources?: Named[] };
    const found = (resources ?? [])
      .filter(({ name }) => names.includes(name))
      .map((resource) => ({ ...resource, storageVersionHash: undefined }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    return { ...rest, resources: found };
  };
}

const core = [
  'namespaces',
  'namespaces/status',
  'pods',
  'pods/status',
  'pods/log',
  'pods/exec',
  'pods/binding',
  'pods/eviction',
  'pods/proxy',
  'pods/portforward',
  'services',
  'services/status',
  'services/proxy',
  'endpoints',
  'configmaps',
  'secrets',
  'serviceaccounts',
  'serviceaccounts/token',
  'nodes',
  'nodes/status',
  'events',
];

export const discovery: readonly Question[] = [
  { name: 'resources of v1', path: '/api/v1', select: served(core) },
  {
    name: 'resources of apps/v1',
    path: '/apis/apps/v1',
    select: served([
      'deployments',
      'deployments/status',
      'deployments/scale',
      'replicasets',
      'replicasets/status',
      'replicasets/scale',
    ]),
  },
  {
    name: 'resources of rbac',
    path: '/apis/rbac.authorization.k8s.io/v1',
    select: served(['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings']),
  },
  { name: 'resources of discovery', path: '/apis/discovery.k8s.io/v1', select: served(['endpointslices']) },
  { name: 'resources of coordination', path: '/apis/coordination.k8s.io/v1', select: served(['leases']) },
  {
    name: 'resources of authorization',
    path: '/apis/authorization.k8s.io/v1',
    select: served([
      'selfsubjectaccessreviews',
      'subjectaccessreviews',
      'selfsubjectrulesreviews',
      'localsubjectaccessreviews',
    ]),
  },
  { name: 'the group apps', path: '/apis/apps' },
  {
    name: 'the version',
    path: '/version',
    select: (body) => ({ major: (body as { major?: string }).major, minor: (body as { minor?: string }).minor }),
  },
];
