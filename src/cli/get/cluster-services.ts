/** The services that a cluster runs for itself, with their addresses through the API server's proxy verb. */
import type { Service } from '../../api/types/core-v1.ts';
import type { ApiReader } from '../api-reader.ts';

export interface ClusterService {
  name: string;
  url: string;
}

/** Throws StatusError, also without the right to list services there. */
export async function clusterServices({ client, config }: ApiReader, namespace: string): Promise<ClusterService[]> {
  const { items } = await client
    .resource<Service>('v1', 'services')
    .list({ namespace, labelSelector: 'kubernetes.io/cluster-service=true' });
  return items.map((service) => ({
    name: service.metadata.labels?.['kubernetes.io/name'] || (service.metadata.name ?? ''),
    url: urlOf(service, config.server),
  }));
}

function urlOf({ metadata, spec, status }: Service, server: string): string {
  const ports = spec?.ports ?? [];
  const outside = status?.loadBalancer?.ingress?.[0];
  if (outside !== undefined) {
    return ports.map(({ port }) => `http://${outside.ip || outside.hostname}:${port}`).join(' ');
  }
  return `${server}/api/v1/namespaces/${metadata.namespace}/services/${segment(metadata.name ?? '', ports[0])}/proxy`;
}

/** `name`, `name:port` or `https:name:port`, as the proxy verb reads it. */
function segment(name: string, port: { name?: string; port: number } | undefined): string {
  const portName = port?.name ?? '';
  if (port !== undefined && (portName === 'https' || port.port === 443)) return `https:${name}:${portName}`;
  return portName === '' ? name : `${name}:${portName}`;
}
