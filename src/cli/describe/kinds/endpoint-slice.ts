import type { Endpoint, EndpointSlice } from '../../../api/types/discovery-v1.ts';
import type { Description } from '../description.ts';
import { describeMetadata } from '../labels.ts';

const unset = '<unset>';

export function describeEndpointSlice(slice: EndpointSlice, out: Description): void {
  const { metadata, addressType, ports = [], endpoints = [] } = slice;
  describeMetadata(out, metadata);
  out.field(0, 'AddressType', addressType);
  if (ports.length === 0) out.line(0, `Ports: ${unset}`);
  else {
    out.line(0, 'Ports:');
    const rows = ports.map(({ name, port, protocol = '' }) => [name || unset, String(port ?? unset), protocol]);
    out.table(1, ['Name', 'Port', 'Protocol'], rows);
  }
  if (endpoints.length === 0) out.line(0, 'Endpoints: <none>');
  else out.line(0, 'Endpoints:');
  for (const endpoint of endpoints) describeEndpoint(out, endpoint);
}

function describeEndpoint(out: Description, endpoint: Endpoint): void {
  const { addresses, conditions, hostname, targetRef, nodeName, zone } = endpoint;
  out.field(1, '- Addresses', addresses.join(', ') || '<none>');
  out.line(2, 'Conditions:');
  out.field(3, 'Ready', conditions?.ready ?? unset);
  out.field(2, 'Hostname', hostname ?? unset);
  if (targetRef !== undefined) out.field(2, 'TargetRef', `${targetRef.kind ?? ''}/${targetRef.name ?? ''}`);
  out.field(2, 'NodeName', nodeName ?? unset);
  out.field(2, 'Zone', zone ?? unset);
}
