/** All that the checks of objects look at, read at one time. */
import type { KubeObject } from '../../api/object.ts';
import { StatusError } from '../../api/status.ts';
import type { Event, Namespace, Pod, Service, ServicePort } from '../../api/types/core-v1.ts';
import type { EndpointSlice } from '../../api/types/discovery-v1.ts';
import type { LabelSelector } from '../../api/types/meta-v1.ts';
import type { NetworkPolicy } from '../../api/types/networking-v1.ts';
import { guessServices, slicesOfPods } from '../../gateway/pods-as-endpoints.ts';
import { choosePort } from '../../gateway/service-ports.ts';
import { kubectlFor } from '../../ui/command-line.ts';
import type { ClusterTarget } from '../reach/target.ts';
import type { OpenedCluster } from './check.ts';

export interface WorkloadObject extends KubeObject {
  spec?: { replicas?: number; selector?: LabelSelector };
}

export interface Facts {
  cluster: OpenedCluster;
  target: ClusterTarget;
  namespace: string;
  /** Undefined: there is none, or the target is none. */
  service: Service | undefined;
  /** Services may not be read: it is told from the labels of pods. */
  isGuess: boolean;
  workload: WorkloadObject | undefined;
  /** The port of the service that is meant; undefined where that cannot be told. */
  port: ServicePort | undefined;
  /** All of the namespace; undefined where they may not be read. */
  allPods: readonly Pod[] | undefined;
  /** Those that the target means. */
  pods: readonly Pod[];
  /** Undefined where the namespace's may not be read. */
  slices: readonly EndpointSlice[] | undefined;
  /** Of pods of the namespace; newest last. */
  events: readonly Event[];
  policies: readonly NetworkPolicy[];
  /** What is of the target's type, as `NAMESPACE/NAME`: of its namespace, and of the others as far as they may be seen. */
  names: readonly string[];
  /** Undefined where it may not be told. */
  namespaceExists: boolean | undefined;
  namespaces: readonly string[];
  /** A kubectl line about the target's namespace. */
  kubectl(rest: string): string;
}

/** The namespace of a target. */
export function namespaceOf(target: ClusterTarget, cluster: OpenedCluster): string {
  return target.namespace ?? cluster.config.namespace;
}

/** Rejects with what no reading can go on after: ConnectionError, an answer of 401. */
export async function readFacts(cluster: OpenedCluster, target: ClusterTarget, signal: AbortSignal): Promise<Facts> {
  const { client } = cluster;
  const namespace = namespaceOf(target, cluster);
  const { name } = target;
  const read = async <T extends KubeObject>(
    apiVersion: string,
    plural: string,
    query: { namespace?: string; fieldSelector?: string; labelSelector?: string } = { namespace },
  ): Promise<T[] | undefined> => {
    return (await readable(client.resource<T>(apiVersion, plural).list({ ...query, signal })))?.items;
  };
  const [given, workload, pods, slices, events, policies, namespaces, peers] = await Promise.all([
    target.kind === 'service'
      ? readableOrNot(client.resource<Service>('v1', 'services').get(name, { namespace, signal }))
      : undefined,
    target.kind === 'workload'
      ? readable(client.resource<WorkloadObject>('apps/v1', target.type).get(name, { namespace, signal }))
      : undefined,
    read<Pod>('v1', 'pods'),
    target.kind === 'service'
      ? read<EndpointSlice>('discovery.k8s.io/v1', 'endpointslices', {
          namespace,
          labelSelector: `kubernetes.io/service-name=${name}`,
        })
      : [],
    read<Event>('v1', 'events', { namespace, fieldSelector: 'involvedObject.kind=Pod' }),
    read<NetworkPolicy>('networking.k8s.io/v1', 'networkpolicies'),
    read<Namespace>('v1', 'namespaces', {}),
    readNames(cluster, target, signal),
  ]);
  // As the gateway does it: who may only list pods still has names.
  const isGuess = given === 'forbidden';
  const service = isGuess ? guessServices(namespace, pods ?? []).find(({ metadata }) => metadata.name === name) : given;
  const chosen = podsOfTarget(target, { service, workload, pods: pods ?? [] });
  const choice = service && choosePort(service, target.port);
  return {
    cluster,
    target,
    namespace,
    service,
    isGuess,
    workload,
    port: choice?.kind === 'port' ? choice.port : undefined,
    allPods: pods,
    pods: chosen,
    slices: slices ?? (service && slicesOfPods(service, chosen)),
    events: (events ?? []).sort((a, b) => (timeOf(a) < timeOf(b) ? -1 : 1)),
    policies: policies ?? [],
    names: peers,
    namespaceExists: namespaces?.some(({ metadata }) => metadata.name === namespace),
    namespaces: (namespaces ?? []).map(({ metadata }) => metadata.name ?? ''),
    kubectl: (rest) => `${kubectlFor(cluster.name) ?? 'kubectl'} -n ${namespace} ${rest}`,
  };
}

function timeOf({ lastTimestamp, eventTime, metadata }: Event): string {
  return lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? '';
}

/** Everywhere, or else in the target's namespace, or else nowhere. */
async function readNames(cluster: OpenedCluster, target: ClusterTarget, signal: AbortSignal): Promise<string[]> {
  const [apiVersion, plural] =
    target.kind === 'workload'
      ? (['apps/v1', target.type] as const)
      : (['v1', target.kind === 'pod' ? 'pods' : 'services'] as const);
  const resource = cluster.client.metadata(apiVersion, plural);
  const everywhere = await readable(resource.list({ signal }));
  const list = everywhere ?? (await readable(resource.list({ namespace: namespaceOf(target, cluster), signal })));
  return (list?.items ?? []).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
}

function podsOfTarget(
  target: ClusterTarget,
  {
    service,
    workload,
    pods,
  }: { service: Service | undefined; workload: WorkloadObject | undefined; pods: readonly Pod[] },
): Pod[] {
  if (target.kind === 'pod') return pods.filter(({ metadata }) => metadata.name === target.name);
  const selector = target.kind === 'service' ? service?.spec?.selector : workload?.spec?.selector?.matchLabels;
  if (selector === undefined || Object.keys(selector).length === 0) return [];
  return pods.filter(
    ({ metadata, status }) =>
      Object.entries(selector).every(([key, value]) => metadata.labels?.[key] === value) &&
      status?.phase !== 'Succeeded' &&
      (status?.phase !== 'Failed' || target.kind === 'workload'),
  );
}

/** Undefined where it is not there. */
async function readableOrNot<T>(asked: Promise<T>): Promise<T | 'forbidden' | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof StatusError && error.code === 403) return 'forbidden';
    if (error instanceof StatusError && error.code === 404) return undefined;
    throw error;
  }
}

/** Undefined where it may not be read, or is not there. */
export async function readable<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof StatusError && error.code !== 401 && error.code < 500) return undefined;
    throw error;
  }
}
