/**
 * EndpointSlices for Endpoints that a person or a program wrote by hand, for Services without selector; after
 * `pkg/controller/endpointslicemirroring`.
 */
import type { EndpointSubset, Endpoints, Service } from '../../api/types/core-v1.ts';
import type { Endpoint, EndpointPort, EndpointSlice } from '../../api/types/discovery-v1.ts';
import { objectKey } from '../../client/object-key.ts';
import { canonicalJson } from '../../lib/canonical-json.ts';
import { CacheLag } from '../cache-lag.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { isNamespaceTerminating, isNotFound, reconcileLoop } from '../controller.ts';
import { controllerReference } from '../owner.ts';
import { byNamespace } from '../shared-informers.ts';
import { managedByLabel, serviceNameLabel } from './plan-slices.ts';
import type { AddressFamily } from './service-backends.ts';
import { familyOf } from './service-backends.ts';

const mirrorManager = 'endpointslicemirroring-controller.k8s.io';
const skipLabel = 'endpointslice.kubernetes.io/skip-mirror';
const leaderAnnotation = 'control-plane.alpha.kubernetes.io/leader';

export const endpointSliceMirroringController: Controller = { name: 'endpointslice-mirroring', start };

function start(context: ControllerContext): void {
  const { client, informers, signal } = context;
  const services = informers.of<Service>('v1', 'services');
  const endpoints = informers.of<Endpoints>('v1', 'endpoints');
  const slices = informers.of<EndpointSlice>('discovery.k8s.io/v1', 'endpointslices');
  const resource = client.resource<EndpointSlice>('discovery.k8s.io/v1', 'endpointslices');
  const lag = new CacheLag(slices);
  const queue = reconcileLoop(context, {
    name: 'endpointslice-mirroring',
    needs: [services, endpoints, slices],
    process: reconcile,
  });
  for (const informer of [services, endpoints]) {
    informer.onChange((next, previous) => {
      const object = next ?? previous;
      if (object !== undefined) queue.add(objectKey(object));
    });
  }
  slices.onChange((next, previous) => {
    const { labels, namespace } = (next ?? previous)?.metadata ?? {};
    if (labels?.[managedByLabel] === mirrorManager) queue.add(`${namespace}/${labels[serviceNameLabel]}`);
  });

  async function reconcile(key: string): Promise<void> {
    if (lag.behind(key)) return queue.addAfter(key, 1000);
    const [namespace = '', name = ''] = key.split('/');
    const existing = slices
      .byIndex(byNamespace, namespace)
      .filter(
        ({ metadata: { labels } }) => labels?.[serviceNameLabel] === name && labels[managedByLabel] === mirrorManager,
      );
    const source = endpoints.get(key);
    const wanted = isMirrored(services.get(key), source) && source !== undefined ? mirrorSlices(source) : [];
    const left = new Map(existing.map((slice) => [contentOf(slice), slice]));
    const fresh = wanted.filter((slice) => !left.delete(contentOf(slice)));
    // A slice without its twin takes the place of one that is new, rather than both a delete and a create.
    const spare = [...left.values()];
    try {
      for (const slice of fresh) {
        const at = spare.findIndex(({ addressType }) => addressType === slice.addressType);
        const [old] = at === -1 ? [] : spare.splice(at, 1);
        const metadata = { ...old?.metadata, ...slice.metadata };
        if (old !== undefined) delete metadata.generateName;
        const written =
          old === undefined ? resource.create(slice, { signal }) : resource.update({ ...slice, metadata }, { signal });
        lag.wrote(key, await written);
      }
      for (const slice of spare) {
        await resource.delete(slice.metadata.name ?? '', { namespace, signal });
        lag.deleted(key, slice);
      }
    } catch (error) {
      if (!isNotFound(error) && !isNamespaceTerminating(error)) throw error;
    }
  }
}

function isMirrored(service: Service | undefined, source: Endpoints | undefined): boolean {
  if (service === undefined || source === undefined || source.metadata.deletionTimestamp !== undefined) return false;
  if (source.metadata.labels?.[skipLabel] === 'true' || source.metadata.annotations?.[leaderAnnotation] !== undefined)
    return false;
  return service.spec?.type !== 'ExternalName' && Object.keys(service.spec?.selector ?? {}).length === 0;
}

/** One slice for each subset and address family. */
export function mirrorSlices(source: Endpoints): EndpointSlice[] {
  return (source.subsets ?? []).flatMap((subset) =>
    (['IPv4', 'IPv6'] as const).flatMap((family) => {
      const endpoints = endpointsOf(subset, family);
      return endpoints.length === 0 ? [] : [sliceOf(source, subset, family, endpoints)];
    }),
  );
}

function endpointsOf({ addresses = [], notReadyAddresses = [] }: EndpointSubset, family: AddressFamily): Endpoint[] {
  const all = [
    ...addresses.map((address) => ({ address, ready: true })),
    ...notReadyAddresses.map((address) => ({ address, ready: false })),
  ];
  return all
    .filter(({ address }) => familyOf(address.ip) === family)
    .map(({ address: { ip, hostname, nodeName, targetRef }, ready }) => ({
      addresses: [ip],
      conditions: { ready },
      ...(hostname !== undefined && { hostname }),
      ...(nodeName !== undefined && { nodeName }),
      ...(targetRef !== undefined && { targetRef }),
    }));
}

function sliceOf(
  source: Endpoints,
  { ports = [] }: EndpointSubset,
  addressType: AddressFamily,
  endpoints: Endpoint[],
): EndpointSlice {
  const { name = '', namespace = '', labels } = source.metadata;
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      generateName: `${name.slice(0, 240)}-`,
      namespace,
      labels: { ...labels, [serviceNameLabel]: name, [managedByLabel]: mirrorManager },
      ownerReferences: [controllerReference(source)],
    },
    addressType,
    endpoints,
    ports: ports.map(({ name: port = '', port: number, protocol = 'TCP', appProtocol }): EndpointPort => {
      return { name: port, port: number, protocol, ...(appProtocol !== undefined && { appProtocol }) };
    }),
  };
}

function contentOf({ addressType, endpoints, ports, metadata }: EndpointSlice): string {
  return canonicalJson({ addressType, endpoints, ports, labels: metadata.labels });
}
