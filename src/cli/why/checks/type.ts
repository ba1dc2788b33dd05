/** Whether the service is of a type that leads to pods. */
import { failed, note, type ObjectCheck, ok } from '../check.ts';

export const typeCheck: ObjectCheck = {
  name: 'type',
  check({ service, slices = [], target, kubectl }) {
    if (service === undefined) return undefined;
    const { type = 'ClusterIP', externalName, clusterIP, selector } = service.spec ?? {};
    if (type === 'ExternalName')
      return failed(
        `it is an alias of ${externalName ?? 'nothing'}, outside of the cluster: no way of the cluster leads there`,
        `curl -v ${externalName ?? ''}`,
      );
    if (selector === undefined || Object.keys(selector).length === 0) {
      const endpoints = slices.flatMap((slice) => slice.endpoints ?? []);
      if (endpoints.some(({ targetRef }) => targetRef?.kind === 'Pod'))
        return ok('it has no selector: its endpoints, which are pods, were given to it');
      if (target.name === 'kubernetes' && service.metadata.namespace === 'default')
        return failed('it is the API server itself, which you have reached already', 'fairlead cluster-info');
      const says =
        endpoints.length === 0
          ? 'it has no selector, and nobody has given it endpoints'
          : 'it has no selector, and its endpoints are not pods: neither way leads to them from here';
      return failed(says, kubectl(`get endpointslices -l kubernetes.io/service-name=${target.name}`));
    }
    if (clusterIP === 'None')
      return note(`headless (${type}): it has no address of its own, its name is that of its pods`);
    return ok(type);
  },
};
