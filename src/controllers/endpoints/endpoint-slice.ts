/** Writes the EndpointSlices of Services with a selector. */
import { matchesLabels, selectorFromLabels } from '../../api/selectors/label-selector.ts';
import type { Pod, Service } from '../../api/types/core-v1.ts';
import type { EndpointSlice } from '../../api/types/discovery-v1.ts';
import type { Informer } from '../../client/cluster-client.ts';
import { objectKey } from '../../client/object-key.ts';
import { CacheLag } from '../cache-lag.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { isNamespaceTerminating, isNotFound, reconcileLoop } from '../controller.ts';
import { byNamespace } from '../shared-informers.ts';
import { managedByLabel, manager, planSlices, serviceNameLabel } from './plan-slices.ts';
import { hasManagedEndpoints } from './service-backends.ts';

export const endpointSliceController: Controller = { name: 'endpointslice', start };

function start(context: ControllerContext): void {
  const { client, informers, signal } = context;
  const services = informers.of<Service>('v1', 'services');
  const pods = informers.of<Pod>('v1', 'pods');
  const slices = informers.of<EndpointSlice>('discovery.k8s.io/v1', 'endpointslices');
  const resource = client.resource<EndpointSlice>('discovery.k8s.io/v1', 'endpointslices');
  const lag = new CacheLag(slices);
  const queue = reconcileLoop(context, { name: 'endpointslice', needs: [services, pods, slices], process: reconcile });
  onServiceOrPodChange(services, pods, (key) => queue.add(key));
  slices.onChange((next, previous) => {
    const slice = next ?? previous;
    const service = slice?.metadata.labels?.[serviceNameLabel];
    if (slice?.metadata.labels?.[managedByLabel] === manager && service !== undefined) {
      queue.add(`${slice.metadata.namespace}/${service}`);
    }
  });

  async function reconcile(key: string): Promise<void> {
    const service = services.get(key);
    // The slices of a deleted Service go with it, by their owner reference.
    if (service === undefined || service.metadata.deletionTimestamp !== undefined) return;
    if (lag.behind(key)) return queue.addAfter(key, 1000);
    const { namespace = '', name = '' } = service.metadata;
    const mine = slices
      .byIndex(byNamespace, namespace)
      .filter(({ metadata: { labels } }) => labels?.[serviceNameLabel] === name && labels[managedByLabel] === manager);
    if (!hasManagedEndpoints(service)) return;
    const plan = planSlices(service, selectedPods(service, pods), mine);
    try {
      for (const slice of plan.create) lag.wrote(key, await resource.create(slice, { signal }));
      for (const slice of plan.update) lag.wrote(key, await resource.update(slice, { signal }));
      for (const slice of plan.delete) {
        await resource.delete(slice.metadata.name ?? '', { namespace, signal });
        lag.deleted(key, slice);
      }
    } catch (error) {
      if (!isNotFound(error) && !isNamespaceTerminating(error)) throw error;
    }
  }
}

export function selectedPods(service: Service, pods: Informer<Pod>): Pod[] {
  const selector = selectorFromLabels(service.spec?.selector ?? {});
  return pods
    .byIndex(byNamespace, service.metadata.namespace ?? '')
    .filter((pod) => matchesLabels(selector, pod.metadata.labels));
}

/** Calls `add` with the key of every Service that a change may concern. */
export function onServiceOrPodChange(
  services: Informer<Service>,
  pods: Informer<Pod>,
  add: (key: string) => void,
): void {
  services.onChange((next, previous) => {
    const service = next ?? previous;
    if (service !== undefined) add(objectKey(service));
  });
  pods.onChange((next, previous) => {
    for (const service of services.byIndex(byNamespace, (next ?? previous)?.metadata.namespace ?? '')) {
      if (!hasManagedEndpoints(service)) continue;
      const selector = selectorFromLabels(service.spec?.selector ?? {});
      const hit = [next, previous].some((pod) => pod !== undefined && matchesLabels(selector, pod.metadata.labels));
      if (hit) add(objectKey(service));
    }
  });
}
