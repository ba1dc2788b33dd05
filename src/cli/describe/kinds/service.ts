import { StatusError } from '../../../api/status.ts';
import type { LoadBalancerIngress, Service, ServicePort, ServiceSpec } from '../../../api/types/core-v1.ts';
import type { EndpointSlice } from '../../../api/types/discovery-v1.ts';
import type { Description } from '../description.ts';
import { readyAddresses, slicesOf } from '../endpoints-text.ts';
import { describeMetadata, labelLine } from '../labels.ts';
import type { Related } from '../related.ts';

export async function describeService(service: Service, out: Description, related: Related): Promise<void> {
  const { metadata, spec = {}, status } = service;
  const slices = await endpointSlices(service, related);
  describeMetadata(out, metadata);
  out.field(0, 'Selector', labelLine(spec.selector));
  out.field(0, 'Type', spec.type);
  out.optional(0, 'IP Family Policy', spec.ipFamilyPolicy);
  out.field(0, 'IP Families', (spec.ipFamilies ?? []).join(',') || '<none>');
  out.field(0, 'IP', spec.clusterIP);
  out.field(0, 'IPs', (spec.clusterIPs ?? []).join(',') || '<none>');
  out.optional(0, 'External IPs', (spec.externalIPs ?? []).join(','));
  out.optional(0, 'Desired LoadBalancer IP', spec.loadBalancerIP);
  out.optional(0, 'External Name', spec.externalName);
  const { ingress = [] } = status?.loadBalancer ?? {};
  if (ingress.length > 0) out.field(0, 'LoadBalancer Ingress', ingress.map(ingressText).join(', '));
  for (const port of spec.ports ?? []) describePort(out, port, slices);
  describeTraffic(out, spec);
}

/** None where they may not be read: the rest is told. */
async function endpointSlices({ metadata }: Service, related: Related): Promise<EndpointSlice[]> {
  try {
    const query = slicesOf(metadata.namespace, metadata.name ?? '');
    return await related.all<EndpointSlice>('discovery.k8s.io/v1', 'endpointslices', query);
  } catch (error) {
    if (error instanceof StatusError) return [];
    throw error;
  }
}

function ingressText({ ip, ipMode, hostname }: LoadBalancerIngress): string {
  if (!ip) return hostname ?? '';
  return ipMode === undefined ? ip : `${ip} (${ipMode})`;
}

function describePort(out: Description, port: ServicePort, slices: readonly EndpointSlice[]): void {
  const { name = '', protocol = '', targetPort = 0, appProtocol, nodePort = 0 } = port;
  const shownName = name || '<unset>';
  out.line(0, 'Port:', shownName, `${port.port}/${protocol}`);
  out.field(0, 'TargetPort', `${targetPort}/${protocol}`);
  out.optional(0, 'AppProtocol', appProtocol);
  if (nodePort !== 0) out.line(0, 'NodePort:', shownName, `${nodePort}/${protocol}`);
  out.field(0, 'Endpoints', readyAddresses(slices, name));
}

function describeTraffic(out: Description, spec: ServiceSpec): void {
  out.field(0, 'Session Affinity', spec.sessionAffinity);
  out.optional(0, 'External Traffic Policy', spec.externalTrafficPolicy);
  out.optional(0, 'Internal Traffic Policy', spec.internalTrafficPolicy);
  if (spec.healthCheckNodePort) out.field(0, 'HealthCheck NodePort', spec.healthCheckNodePort);
  out.optional(0, 'LoadBalancer Source Ranges', (spec.loadBalancerSourceRanges ?? []).join(','));
  out.optional(0, 'Traffic Distribution', spec.trafficDistribution);
}
