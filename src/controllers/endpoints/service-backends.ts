/** From a Service and its pods to endpoints, after `k8s.io/endpointslice` and `pkg/controller/endpoint`. Pure functions. */
import type { Pod, Service, ServicePort } from '../../api/types/core-v1.ts';
import type { Endpoint, EndpointPort } from '../../api/types/discovery-v1.ts';
import { isReady, isTerminal } from '../pod-state.ts';

export type AddressFamily = 'IPv4' | 'IPv6';

/** Services whose endpoints are somebody else's matter: without selector, and those that are only a DNS alias. */
export function hasManagedEndpoints({ spec }: Service): boolean {
  return spec?.type !== 'ExternalName' && Object.keys(spec?.selector ?? {}).length > 0;
}

export function isHeadless({ spec }: Service): boolean {
  return spec?.clusterIP === 'None';
}

export function familiesOf({ spec }: Service, pods: readonly Pod[]): AddressFamily[] {
  const listed = (spec?.ipFamilies ?? []).filter((family) => family === 'IPv4' || family === 'IPv6');
  if (listed.length > 0) return listed;
  const used = new Set(pods.flatMap(addressesOf).map(familyOf));
  return used.size === 0 ? ['IPv4'] : [...used];
}

export function familyOf(address: string): AddressFamily {
  return address.includes(':') ? 'IPv6' : 'IPv4';
}

function addressesOf({ status }: Pod): string[] {
  const all = (status?.podIPs ?? []).map(({ ip }) => ip).filter((ip) => ip !== undefined && ip !== '');
  return all.length > 0 ? all : status?.podIP ? [status.podIP] : [];
}

export function addressOf(pod: Pod, family: AddressFamily): string | undefined {
  return addressesOf(pod).find((address) => familyOf(address) === family);
}

/** Pods that have an address and have not ended; terminating ones too. */
export function isBackend(pod: Pod): boolean {
  return !isTerminal(pod) && addressesOf(pod).length > 0;
}

export function targetRefOf({ metadata: { name = '', namespace = '', uid = '' } }: Pod) {
  return { kind: 'Pod', namespace, name, uid };
}

/** The name of a pod in its Service's domain, where it asked for one. */
export function hostnameOf(pod: Pod, service: Service): string | undefined {
  const { hostname, subdomain } = pod.spec ?? {};
  return hostname && subdomain === service.metadata.name ? hostname : undefined;
}

export function endpointOf(pod: Pod, address: string, service: Service): Endpoint {
  const serving = isReady(pod);
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const hostname = hostnameOf(pod, service);
  const nodeName = pod.spec?.nodeName;
  return {
    addresses: [address],
    conditions: {
      ready: service.spec?.publishNotReadyAddresses === true || (serving && !terminating),
      serving,
      terminating,
    },
    ...(hostname && { hostname }),
    ...(nodeName && { nodeName }),
    targetRef: targetRefOf(pod),
  };
}

/** The Service's ports on this pod; a named target port may be another number on every pod, and absent on some. */
export function portsOn(pod: Pod, service: Service): EndpointPort[] {
  const ports: EndpointPort[] = [];
  for (const port of service.spec?.ports ?? []) {
    const number = targetPort(pod, port);
    if (number === undefined) continue;
    const { name = '', protocol = 'TCP', appProtocol } = port;
    ports.push({ name, port: number, protocol, ...(appProtocol !== undefined && { appProtocol }) });
  }
  return ports;
}

function targetPort(pod: Pod, { targetPort: target, port, protocol = 'TCP' }: ServicePort): number | undefined {
  if (target === undefined || target === '' || target === 0) return port;
  if (typeof target === 'number') return target;
  const sidecars = (pod.spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  for (const container of [...(pod.spec?.containers ?? []), ...sidecars]) {
    for (const { name, containerPort, protocol: of = 'TCP' } of container.ports ?? []) {
      if (name === target && of === protocol) return containerPort;
    }
  }
  return undefined;
}
