/** The name by which pods find the service, and whether the cluster has anybody to ask for it. */

import type { EndpointSlice } from '../../../api/types/discovery-v1.ts';
import { note, type OpenedCluster, type Outcome, ok, skipped } from '../check.ts';
import { type Facts, readable } from '../facts.ts';

/** Of CoreDNS and kube-dns, whoever installs them. */
const dnsService = { namespace: 'kube-system', name: 'kube-dns' };

export async function checkDns(
  { service, namespace }: Facts,
  { client }: OpenedCluster,
  signal: AbortSignal,
): Promise<Outcome | undefined> {
  if (service === undefined) return undefined;
  const name = `${service.metadata.name}.${namespace}.svc`;
  const slices = await readable(
    client.resource<EndpointSlice>('discovery.k8s.io/v1', 'endpointslices').list({
      namespace: dnsService.namespace,
      labelSelector: `kubernetes.io/service-name=${dnsService.name}`,
      signal,
    }),
  );
  if (slices === undefined) return skipped(`pods call it ${name}; whether the cluster's DNS is well may not be seen`);
  const ready = slices.items
    .flatMap(({ endpoints }) => endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready !== false);
  if (ready.length > 0) return ok(`pods call it ${name}; the cluster's DNS is ready`);
  if (slices.items.length > 0)
    return note(
      `pods call it ${name}, but the cluster's DNS has no ready pod`,
      `kubectl -n ${dnsService.namespace} get pods -l k8s-app=kube-dns`,
    );
  return note(`pods would call it ${name}, but this cluster has no DNS service (kube-system/kube-dns)`);
}
