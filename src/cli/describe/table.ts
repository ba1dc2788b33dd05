/** Kinds with a describer of their own, a row each; every other kind is described field by field. */
import type { KubeObject } from '../../api/object.ts';
import type { KindTypes } from '../../api/types/kind-types.ts';
import type { Describer } from './describer.ts';
import type { Description } from './description.ts';
import type { Related } from './related.ts';

export interface DescribedKind {
  /** The version whose fields the describer knows. */
  apiVersion: string;
  kind: string;
  /** Whether the events of the object are told after it. */
  events: boolean;
  /** `read`: the object, in `apiVersion`. */
  describe(read: <T extends KubeObject>() => Promise<T>, out: Description, related: Related): Promise<void>;
}

function kind<V extends keyof KindTypes, K extends keyof KindTypes[V] & string>(
  apiVersion: V,
  name: K,
  load: () => Promise<Describer<KindTypes[V][K] & KubeObject>>,
  { events = true }: { events?: boolean } = {},
): DescribedKind {
  return {
    apiVersion,
    kind: name,
    events,
    async describe(read, out, related) {
      const [describe, object] = await Promise.all([load(), read<KindTypes[V][K] & KubeObject>()]);
      await describe(object, out, related);
    },
  };
}

const eventless = { events: false };
const apps = 'apps/v1';
const networking = 'networking.k8s.io/v1';
const rbac = 'rbac.authorization.k8s.io/v1';
const storage = 'storage.k8s.io/v1';

const describedKinds: readonly DescribedKind[] = [
  kind('v1', 'Pod', async () => (await import('./kinds/pod.ts')).describePod),
  kind('v1', 'Service', async () => (await import('./kinds/service.ts')).describeService),
  kind('v1', 'Secret', async () => (await import('./kinds/secret.ts')).describeSecret, eventless),
  kind('v1', 'ConfigMap', async () => (await import('./kinds/config-map.ts')).describeConfigMap),
  kind('v1', 'ServiceAccount', async () => (await import('./kinds/service-account.ts')).describeServiceAccount),
  kind('v1', 'Endpoints', async () => (await import('./kinds/endpoints.ts')).describeEndpoints),
  kind('v1', 'Node', async () => (await import('./kinds/node.ts')).describeNode),
  kind('v1', 'Namespace', async () => (await import('./kinds/namespace.ts')).describeNamespace, eventless),
  kind('v1', 'LimitRange', async () => (await import('./kinds/limit-range.ts')).describeLimitRange, eventless),
  kind('v1', 'ResourceQuota', async () => (await import('./kinds/resource-quota.ts')).describeResourceQuota, eventless),
  kind('v1', 'PersistentVolume', async () => (await import('./kinds/persistent-volume.ts')).describePersistentVolume),
  kind(
    'v1',
    'PersistentVolumeClaim',
    async () => (await import('./kinds/persistent-volume-claim.ts')).describePersistentVolumeClaim,
  ),
  kind(
    'v1',
    'ReplicationController',
    async () => (await import('./kinds/replication-controller.ts')).describeReplicationController,
  ),
  kind(apps, 'Deployment', async () => (await import('./kinds/deployment.ts')).describeDeployment),
  kind(apps, 'ReplicaSet', async () => (await import('./kinds/replica-set.ts')).describeReplicaSet),
  kind(apps, 'StatefulSet', async () => (await import('./kinds/stateful-set.ts')).describeStatefulSet),
  kind(apps, 'DaemonSet', async () => (await import('./kinds/daemon-set.ts')).describeDaemonSet),
  kind('batch/v1', 'Job', async () => (await import('./kinds/job.ts')).describeJob),
  kind('batch/v1', 'CronJob', async () => (await import('./kinds/cron-job.ts')).describeCronJob),
  kind(
    'discovery.k8s.io/v1',
    'EndpointSlice',
    async () => (await import('./kinds/endpoint-slice.ts')).describeEndpointSlice,
  ),
  kind(
    'autoscaling/v2',
    'HorizontalPodAutoscaler',
    async () => (await import('./kinds/horizontal-pod-autoscaler.ts')).describeHorizontalPodAutoscaler,
  ),
  kind(
    'policy/v1',
    'PodDisruptionBudget',
    async () => (await import('./kinds/pod-disruption-budget.ts')).describePodDisruptionBudget,
  ),
  kind(networking, 'Ingress', async () => (await import('./kinds/ingress.ts')).describeIngress),
  kind(networking, 'IngressClass', async () => (await import('./kinds/ingress-class.ts')).describeIngressClass),
  kind(
    networking,
    'NetworkPolicy',
    async () => (await import('./kinds/network-policy.ts')).describeNetworkPolicy,
    eventless,
  ),
  kind(networking, 'ServiceCIDR', async () => (await import('./kinds/service-cidr.ts')).describeServiceCidr),
  kind(networking, 'IPAddress', async () => (await import('./kinds/ip-address.ts')).describeIpAddress),
  kind(rbac, 'Role', async () => (await import('./kinds/role.ts')).describeRole, eventless),
  kind(rbac, 'ClusterRole', async () => (await import('./kinds/role.ts')).describeRole, eventless),
  kind(rbac, 'RoleBinding', async () => (await import('./kinds/role-binding.ts')).describeRoleBinding, eventless),
  kind(
    rbac,
    'ClusterRoleBinding',
    async () => (await import('./kinds/role-binding.ts')).describeRoleBinding,
    eventless,
  ),
  kind(
    'certificates.k8s.io/v1',
    'CertificateSigningRequest',
    async () => (await import('./kinds/certificate-signing-request.ts')).describeCertificateSigningRequest,
  ),
  kind(
    'scheduling.k8s.io/v1',
    'PriorityClass',
    async () => (await import('./kinds/priority-class.ts')).describePriorityClass,
  ),
  kind(storage, 'StorageClass', async () => (await import('./kinds/storage-class.ts')).describeStorageClass),
  kind(
    storage,
    'VolumeAttributesClass',
    async () => (await import('./kinds/volume-attributes-class.ts')).describeVolumeAttributesClass,
  ),
  kind(storage, 'CSINode', async () => (await import('./kinds/csi-node.ts')).describeCsiNode),
];

const byName: ReadonlyMap<string, DescribedKind> = new Map(
  describedKinds.map((row) => [`${row.apiVersion.split('/').slice(0, -1).join('')}/${row.kind}`, row]),
);

/** Undefined for a kind that is described field by field. `group`: empty for the core group. */
export function describedKind(group: string, name: string): DescribedKind | undefined {
  return byName.get(`${group}/${name}`);
}
