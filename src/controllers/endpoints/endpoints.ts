/** Writes the older Endpoints object of Services with a selector, after `pkg/controller/endpoint`. */
import type {
  EndpointAddress,
  EndpointPort,
  EndpointSubset,
  Endpoints,
  Pod,
  Service,
} from '../../api/types/core-v1.ts';
import { canonicalJson, sameJson } from '../../lib/canonical-json.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { isNamespaceTerminating, isNotFound, reconcileLoop } from '../controller.ts';
import { isReady } from '../pod-state.ts';
import { onServiceOrPodChange, selectedPods } from './endpoint-slice.ts';
import {
  addressOf,
  familiesOf,
  hasManagedEndpoints,
  hostnameOf,
  isBackend,
  isHeadless,
  portsOn,
  targetRefOf,
} from './service-backends.ts';

const managedByLabel = 'endpoints.kubernetes.io/managed-by';
const headlessLabel = 'service.kubernetes.io/headless';
const manager = 'endpoint-controller';
/** What one object may hold. */
const maxAddresses = 1000;

export const endpointsController: Controller = { name: 'endpoints', start };

function start(context: ControllerContext): void {
  const { client, informers, signal } = context;
  const services = informers.of<Service>('v1', 'services');
  const pods = informers.of<Pod>('v1', 'pods');
  const endpoints = informers.of<Endpoints>('v1', 'endpoints');
  const resource = client.resource<Endpoints>('v1', 'endpoints');
  const queue = reconcileLoop(context, { name: 'endpoints', needs: [services, pods, endpoints], process: reconcile });
  onServiceOrPodChange(services, pods, (key) => queue.add(key));
  endpoints.onChange((next, previous) => {
    const { namespace, name } = (next ?? previous)?.metadata ?? {};
    queue.add(`${namespace}/${name}`);
  });

  async function reconcile(key: string): Promise<void> {
    const service = services.get(key);
    const current = endpoints.get(key);
    const [namespace = '', name = ''] = key.split('/');
    if (service === undefined) {
      // Those that nobody's controller wrote stay: leader election and such use them without a Service.
      if (current?.metadata.labels?.[managedByLabel] !== manager) return;
      await resource.delete(name, { namespace, signal }).catch(unlessGone);
      return;
    }
    if (!hasManagedEndpoints(service) || service.metadata.deletionTimestamp !== undefined) return;
    const labels: Record<string, string> = { ...service.metadata.labels, [managedByLabel]: manager };
    delete labels[headlessLabel];
    if (isHeadless(service)) labels[headlessLabel] = '';
    const subsets = subsetsOf(service, selectedPods(service, pods));
    if (current === undefined) {
      const metadata = { name, namespace, labels };
      await resource
        .create({ apiVersion: 'v1', kind: 'Endpoints', metadata, subsets }, { signal })
        .catch((error: unknown) => {
          if (!isNamespaceTerminating(error)) throw error;
        });
    } else if (!sameJson(current.subsets ?? [], subsets) || !sameJson(current.metadata.labels ?? {}, labels)) {
      await resource
        .update({ ...current, metadata: { ...current.metadata, labels }, subsets }, { signal })
        .catch(unlessGone);
    }
  }
}

function unlessGone(error: unknown): void {
  if (!isNotFound(error)) throw error;
}

/** Addresses grouped by their ports, each list in order, as the API server keeps them. */
export function subsetsOf(service: Service, pods: readonly Pod[]): EndpointSubset[] {
  const everybody = service.spec?.publishNotReadyAddresses === true;
  const groups = new Map<string, { ports: EndpointPort[]; ready: EndpointAddress[]; notReady: EndpointAddress[] }>();
  const family = familiesOf(service, pods.filter(isBackend))[0] ?? 'IPv4';
  let count = 0;
  for (const pod of pods) {
    if (!isBackend(pod) || (pod.metadata.deletionTimestamp !== undefined && !everybody)) continue;
    const ip = addressOf(pod, family);
    if (ip === undefined || count++ >= maxAddresses) continue;
    const ports = portsOn(pod, service).map(({ name, port = 0, protocol = 'TCP', appProtocol }): EndpointPort => {
      return { ...(name && { name }), port, protocol, ...(appProtocol !== undefined && { appProtocol }) };
    });
    if (ports.length === 0 && (service.spec?.ports ?? []).length > 0) continue;
    ports.sort((a, b) => compare(canonicalJson(a), canonicalJson(b)));
    const key = canonicalJson(ports);
    const group = groups.get(key) ?? { ports, ready: [], notReady: [] };
    groups.set(key, group);
    const hostname = hostnameOf(pod, service);
    const nodeName = pod.spec?.nodeName;
    const address = { ip, ...(hostname && { hostname }), ...(nodeName && { nodeName }), targetRef: targetRefOf(pod) };
    (everybody || isReady(pod) ? group.ready : group.notReady).push(address);
  }
  const byAddress = (a: EndpointAddress, b: EndpointAddress) =>
    compare(a.ip, b.ip) || compare(a.targetRef?.uid ?? '', b.targetRef?.uid ?? '');
  return [...groups.entries()]
    .sort(([a], [b]) => compare(a, b))
    .map(([, { ports, ready, notReady }]) => ({
      ...(ready.length > 0 && { addresses: ready.sort(byAddress) }),
      ...(notReady.length > 0 && { notReadyAddresses: notReady.sort(byAddress) }),
      ...(ports.length > 0 && { ports }),
    }));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
