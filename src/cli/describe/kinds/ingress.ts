import { StatusError } from '../../../api/status.ts';
import type { Service } from '../../../api/types/core-v1.ts';
import type { EndpointSlice } from '../../../api/types/discovery-v1.ts';
import type { Ingress, IngressBackend, IngressServiceBackend } from '../../../api/types/networking-v1.ts';
import type { Description } from '../description.ts';
import { readyAddresses, slicesOf } from '../endpoints-text.ts';
import { describeAnnotations, describeLabels } from '../labels.ts';
import type { Related } from '../related.ts';

export async function describeIngress({ metadata, spec = {}, status }: Ingress, out: Description, related: Related) {
  const { namespace = '' } = metadata;
  const backend = (one: IngressBackend): Promise<string> => backendText(one, namespace, related);
  out.field(0, 'Name', metadata.name);
  describeLabels(out, metadata.labels);
  out.field(0, 'Namespace', namespace);
  const addresses = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || '');
  out.field(0, 'Address', [...new Set(addresses.filter((address) => address !== ''))].sort().join(','));
  out.field(0, 'Ingress Class', spec.ingressClassName ?? '<none>');
  const fallback = spec.defaultBackend === undefined ? '<default>' : await backend(spec.defaultBackend);
  out.field(0, 'Default backend', fallback);
  const { tls = [], rules = [] } = spec;
  if (tls.length > 0) out.line(0, 'TLS:');
  for (const { secretName, hosts = [] } of tls) {
    out.line(1, `${secretName ? `${secretName} terminates` : 'SNI routes'} ${hosts.join(',')}`);
  }
  out.line(0, 'Rules:');
  out.table(1, ['Host', 'Path', 'Backends'], []);
  const withPaths = rules.filter(({ http }) => http !== undefined);
  for (const { host, http } of withPaths) {
    out.line(1, host || '*', '');
    for (const path of http?.paths ?? []) out.line(2, '', `${path.path ?? ''} `, await backend(path.backend));
  }
  if (withPaths.length === 0) out.line(1, '*', '*', fallback);
  describeAnnotations(out, metadata.annotations);
}

async function backendText({ service, resource }: IngressBackend, namespace: string, related: Related) {
  if (service !== undefined) {
    const port = service.port?.number || service.port?.name || '';
    return `${service.name}:${port} (${await addressesBehind(service, namespace, related)})`;
  }
  if (resource === undefined) return '';
  return `APIGroup: ${resource.apiGroup ?? '<none>'}, Kind: ${resource.kind}, Name: ${resource.name}`;
}

async function addressesBehind(backend: IngressServiceBackend, namespace: string, related: Related): Promise<string> {
  try {
    const query = slicesOf(namespace, backend.name);
    const slices = await related.all<EndpointSlice>('discovery.k8s.io/v1', 'endpointslices', query);
    const service = await related.one<Service>('v1', 'services', backend.name, namespace);
    const { number, name } = backend.port ?? {};
    const port = service.spec?.ports?.findLast((one) => (number ? one.port === number : name && one.name === name));
    return readyAddresses(slices, port?.name ?? '');
  } catch (error) {
    if (error instanceof StatusError) return `<error: ${error.message}>`;
    throw error;
  }
}
