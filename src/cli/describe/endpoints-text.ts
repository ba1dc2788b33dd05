import type { EndpointSlice } from '../../api/types/discovery-v1.ts';
import { hostPort } from './values.ts';

const most = 3;

/** The ready addresses behind one port of a Service, the first three of them. `port` is its name, empty for the only one. */
export function readyAddresses(slices: readonly EndpointSlice[], port: string): string {
  if (slices.length === 0) return '<none>';
  const found = slices.flatMap(({ ports = [], endpoints = [] }) => {
    const ready = endpoints.filter(({ conditions }) => conditions?.ready !== false);
    const addresses = ready.map((endpoint) => endpoint.addresses[0] ?? '');
    // A headless Service may have no ports.
    if (ports.length === 0) return addresses;
    return ports
      .filter(({ name = '' }) => name === port)
      .flatMap((one) => addresses.map((address) => hostPort(address, one.port ?? 0)));
  });
  const shown = found.slice(0, most).join(',');
  return found.length > most ? `${shown} + ${found.length - most} more...` : shown;
}

/** The slices of a Service, as a query. */
export function slicesOf(namespace: string | undefined, service: string) {
  return {
    ...(namespace !== undefined && { namespace }),
    labelSelector: `kubernetes.io/service-name=${service}`,
  };
}
