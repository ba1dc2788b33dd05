/** Which EndpointSlices a Service needs, as the fewest changes of those it has. Pure functions. */
import type { Pod, Service } from '../../api/types/core-v1.ts';
import type { Endpoint, EndpointPort, EndpointSlice } from '../../api/types/discovery-v1.ts';
import { canonicalJson, sameJson } from '../../lib/canonical-json.ts';
import { controllerReference } from '../owner.ts';
import type { AddressFamily } from './service-backends.ts';
import { addressOf, endpointOf, familiesOf, isBackend, isHeadless, portsOn } from './service-backends.ts';

export const serviceNameLabel = 'kubernetes.io/service-name';
export const managedByLabel = 'endpointslice.kubernetes.io/managed-by';
export const manager = 'endpointslice-controller.k8s.io';
const headlessLabel = 'service.kubernetes.io/headless';
const maxEndpoints = 100;

export interface SlicePlan {
  create: EndpointSlice[];
  update: EndpointSlice[];
  delete: EndpointSlice[];
}

interface Group {
  family: AddressFamily;
  ports: EndpointPort[];
  endpoints: Endpoint[];
}

/** `existing`: the slices of this Service that the controller manages. Endpoints stay in the slice they are in. */
export function planSlices(service: Service, pods: readonly Pod[], existing: readonly EndpointSlice[]): SlicePlan {
  const plan: SlicePlan = { create: [], update: [], delete: [] };
  const left = new Set(existing.filter(({ metadata }) => metadata.deletionTimestamp === undefined));
  for (const group of groupsOf(service, pods.filter(isBackend))) {
    const mine = [...left].filter(
      ({ addressType, ports }) => addressType === group.family && sameJson(ports ?? [], group.ports),
    );
    for (const slice of mine) left.delete(slice);
    planGroup(service, group, mine, plan);
  }
  plan.delete.push(...left);
  return plan;
}

function groupsOf(service: Service, pods: readonly Pod[]): Group[] {
  const groups = new Map<string, Group>();
  for (const family of familiesOf(service, pods)) {
    let any = false;
    for (const pod of pods) {
      const address = addressOf(pod, family);
      if (address === undefined) continue;
      any = true;
      const ports = portsOn(pod, service);
      const key = `${family} ${canonicalJson(ports)}`;
      let group = groups.get(key);
      if (group === undefined) {
        group = { family, ports, endpoints: [] };
        groups.set(key, group);
      }
      group.endpoints.push(endpointOf(pod, address, service));
    }
    // An empty slice shows that nothing is there, rather than that nobody has looked.
    if (!any) groups.set(family, { family, ports: [], endpoints: [] });
  }
  return [...groups.values()];
}

function planGroup(service: Service, group: Group, slices: readonly EndpointSlice[], plan: SlicePlan): void {
  const wanted = new Map(group.endpoints.map((endpoint) => [endpointKey(endpoint), endpoint]));
  const filled = slices.map((slice) => {
    const kept: Endpoint[] = [];
    for (const endpoint of slice.endpoints ?? []) {
      const key = endpointKey(endpoint);
      const next = wanted.get(key);
      if (next === undefined) continue;
      kept.push(next);
      wanted.delete(key);
    }
    return { slice, kept };
  });
  const fresh = [...wanted.values()];
  for (const { kept } of filled) kept.push(...fresh.splice(0, Math.max(0, maxEndpoints - kept.length)));
  while (fresh.length > 0) plan.create.push(newSlice(service, group, fresh.splice(0, maxEndpoints)));
  let used = filled.some(({ kept }) => kept.length > 0) || plan.create.length > 0;
  for (const { slice, kept } of filled) {
    if (kept.length === 0 && used) {
      plan.delete.push(slice);
      continue;
    }
    used = true;
    const next = { ...newSlice(service, group, kept), metadata: metadataOf(service, slice) };
    if (!sameJson(next.endpoints ?? [], slice.endpoints ?? []) || !sameJson(next.metadata, slice.metadata)) {
      plan.update.push(next);
    }
  }
  if (!used && group.endpoints.length === 0) plan.create.push(newSlice(service, group, []));
}

function endpointKey({ addresses, targetRef }: Endpoint): string {
  return `${addresses.join(',')} ${targetRef?.uid ?? ''}`;
}

function newSlice(service: Service, { family, ports }: Group, endpoints: Endpoint[]): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: metadataOf(service, undefined),
    addressType: family,
    endpoints,
    ports,
  };
}

function metadataOf(service: Service, slice: EndpointSlice | undefined): EndpointSlice['metadata'] {
  const { name = '', namespace = '', labels } = service.metadata;
  const own: Record<string, string> = { ...labels };
  // Headless is what the label says; a label of that name on the Service says nothing.
  delete own[headlessLabel];
  own[serviceNameLabel] = name;
  own[managedByLabel] = manager;
  if (isHeadless(service)) own[headlessLabel] = '';
  return {
    ...(slice?.metadata ?? { generateName: `${name.slice(0, 240)}-`, namespace }),
    labels: own,
    ownerReferences: [controllerReference(service)],
  };
}
