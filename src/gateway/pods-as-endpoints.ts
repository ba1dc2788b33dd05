/** A Service's endpoints told from its pods, as the endpoint controllers do it, for users who may see nothing but pods. */
import type { Pod, Service, ServicePort } from '../api/types/core-v1.ts';
import type { EndpointSlice } from '../api/types/discovery-v1.ts';
import { podPorts } from './service-ports.ts';

/** One slice for each pod, as the same name of a port may mean another number in each. */
export function slicesOfPods(service: Service, pods: readonly Pod[]): EndpointSlice[] {
  return pods.filter(isRunning).map((pod): EndpointSlice => {
    const { name = '', namespace = '', uid } = pod.metadata;
    const ready = pod.metadata.deletionTimestamp === undefined && hasReadyCondition(pod);
    const ports = (service.spec?.ports ?? []).flatMap((port) => {
      const number = targetNumber(port, pod);
      return number === undefined ? [] : [{ name: port.name ?? '', port: number }];
    });
    return {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name, namespace },
      addressType: 'IPv4',
      ports,
      endpoints: [
        {
          addresses: [pod.status?.podIP ?? ''],
          conditions: { ready, serving: hasReadyCondition(pod) },
          targetRef: { kind: 'Pod', name, namespace, ...(uid !== undefined && { uid }) },
        },
      ],
    };
  });
}

const nameLabels = ['app.kubernetes.io/name', 'app.kubernetes.io/instance', 'app', 'k8s-app', 'run'];

/** Those that the name most likely means: by a label that names applications, else by the name of what made the pod. */
export function podsNamedLike(name: string, pods: readonly Pod[]): Pod[] {
  const labelled = pods.filter(({ metadata }) => nameLabels.some((label) => metadata.labels?.[label] === name));
  if (labelled.length > 0) return labelled;
  // NAME-0 of a StatefulSet, NAME-abcde of a DaemonSet, NAME-7d9f8b6c5d-abcde of a Deployment.
  const made = new RegExp(`^${name}(?:-[a-z0-9]{1,10}){0,2}$`);
  return pods.filter(({ metadata }) => made.test(metadata.name ?? ''));
}

/** A Service that could stand before these pods: with the ports that they declare. Undefined without pods. */
export function guessService(name: string, namespace: string, pods: readonly Pod[]): Service | undefined {
  const [first] = pods;
  if (first === undefined) return undefined;
  const ports = podPorts(first).map((port): ServicePort => ({ ...port, targetPort: port.port }));
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec: { ports } };
}

/** For each name that labels give to the pods of a namespace, a Service that could stand before those that have it. */
export function guessServices(namespace: string, pods: readonly Pod[]): Service[] {
  const found = new Map<string, Service>();
  for (const { metadata } of pods) {
    const label = nameLabels.find((each) => metadata.labels?.[each] !== undefined);
    const name = label === undefined ? undefined : metadata.labels?.[label];
    if (label === undefined || name === undefined || found.has(name)) continue;
    const service = guessService(name, namespace, podsNamedLike(name, pods));
    if (service !== undefined) found.set(name, { ...service, spec: { ...service.spec, selector: { [label]: name } } });
  }
  return [...found.values()];
}

function isRunning({ status }: Pod): boolean {
  return status?.phase !== 'Succeeded' && status?.phase !== 'Failed';
}

function hasReadyCondition({ status }: Pod): boolean {
  return status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;
}

function targetNumber({ port, targetPort = port }: ServicePort, pod: Pod): number | undefined {
  if (typeof targetPort === 'number') return targetPort;
  return podPorts(pod).find(({ name }) => name === targetPort)?.port;
}
