/** Whether the cluster's endpoints are those pods. */
import { backendsOf } from '../../../gateway/backends.ts';
import { failed, note, type ObjectCheck, ok, skipped } from '../check.ts';
import { isReadyPod } from '../pod-trouble.ts';

export const endpointsCheck: ObjectCheck = {
  name: 'endpoints',
  check({ service, port, slices, pods, allPods, target, kubectl }) {
    if (service === undefined || port === undefined) return undefined;
    if (slices === undefined) return skipped('endpoint slices may not be listed');
    const show = kubectl(`get endpointslices -l kubernetes.io/service-name=${target.name}`);
    if (slices.length === 0)
      return failed(
        'the service has no endpoint slices: the controller that makes them does not run, or has not seen it yet',
        show,
      );
    const endpoints = slices.flatMap((slice) => slice.endpoints ?? []);
    const backends = backendsOf({ service, slices }, port);
    if (backends.length === 0) {
      const ready = pods.filter(isReadyPod);
      if (ready.length > 0 && endpoints.length === 0)
        return failed(
          `${ready.length} pods are ready and none is among the service's endpoints: the controller that makes them is behind, or does not run`,
          show,
        );
      return failed(`none of the service's ${endpoints.length} endpoints is ready for port ${port.port}`, show);
    }
    const known = new Map((allPods ?? []).map((pod) => [pod.metadata.name, pod]));
    const strangers =
      allPods === undefined
        ? []
        : endpoints.filter(({ targetRef, addresses }) => {
            const pod = known.get(targetRef?.name);
            const own = [pod?.status?.podIP, ...(pod?.status?.podIPs ?? []).map(({ ip }) => ip)];
            return pod === undefined || !addresses.some((address) => own.includes(address));
          });
    const list = backends.map(({ pod, port: number }) => `${pod}:${number}`);
    const says = `${backends.length} ready: ${list.slice(0, 5).join(', ')}${list.length > 5 ? ', ...' : ''}`;
    if (strangers.length === 0) return ok(says);
    const addresses = strangers
      .flatMap((endpoint) => endpoint.addresses)
      .slice(0, 5)
      .join(', ');
    return note(`${says}; ${addresses} belongs to no pod of the namespace`, show);
  },
};
