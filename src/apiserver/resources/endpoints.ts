import { isIP, isIPv6 } from 'node:net';
import type { FieldError } from '../../api/status.ts';
import type { EndpointAddress, EndpointPort, Endpoints } from '../../api/types/core-v1.ts';
import { at, invalidFor, invalidValue, notSupported, required } from '../../api/validation/field-errors.ts';
import { complainAboutDnsLabel, complainAboutPort } from '../../api/validation/names.ts';
import type { ResourceDefinition } from './resource.ts';

export const endpoints: ResourceDefinition<Endpoints> = {
  group: '',
  version: 'v1',
  kind: 'Endpoints',
  plural: 'endpoints',
  singular: 'endpoints',
  shortNames: ['ep'],
  namespaced: true,
  createdByUpdate: true,
  deprecation: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  applyDefaults({ subsets }) {
    for (const { ports } of subsets ?? []) for (const port of ports ?? []) port.protocol ||= 'TCP';
  },
  // Loopback addresses pass, unlike upstream: pods have them where no network of their own can be made.
  validate({ subsets }) {
    return (subsets ?? []).flatMap(({ addresses = [], notReadyAddresses = [], ports = [] }, index) => {
      const field = at('subsets', index);
      const empty = addresses.length === 0 && notReadyAddresses.length === 0;
      return [
        ...(empty ? [required(field, 'must specify `addresses` or `notReadyAddresses`')] : []),
        ...addresses.flatMap((one, position) => validateAddress(one, at(`${field}.addresses`, position))),
        ...notReadyAddresses.flatMap((one, position) =>
          validateAddress(one, at(`${field}.notReadyAddresses`, position)),
        ),
        ...ports.flatMap((one, position) => validatePort(one, at(`${field}.ports`, position), ports.length > 1)),
      ];
    });
  },
  columns: [
    { name: 'Endpoints', type: 'string', description: 'Addresses and ports of what is ready.', value: formatEndpoints },
  ],
};

function validateAddress({ ip, hostname = '' }: EndpointAddress, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (isIP(ip) === 0) {
    errors.push(invalidValue(`${field}.ip`, ip, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'));
  }
  if (hostname !== '') errors.push(...invalidFor(`${field}.hostname`, hostname, complainAboutDnsLabel(hostname)));
  return errors;
}

function validatePort(
  { name = '', port, protocol = '' }: EndpointPort,
  field: string,
  nameNeeded: boolean,
): FieldError[] {
  const errors: FieldError[] = [];
  if (name !== '') errors.push(...invalidFor(`${field}.name`, name, complainAboutDnsLabel(name)));
  else if (nameNeeded) errors.push(required(`${field}.name`));
  errors.push(...invalidFor(`${field}.port`, port, complainAboutPort(port)));
  if (!['SCTP', 'TCP', 'UDP'].includes(protocol)) {
    errors.push(notSupported(`${field}.protocol`, protocol, ['SCTP', 'TCP', 'UDP']));
  }
  return errors;
}

function formatEndpoints({ subsets = [] }: Endpoints): string {
  if (subsets.length === 0) return '<none>';
  const all = subsets.flatMap(({ addresses = [], ports = [] }) => {
    if (ports.length === 0) return addresses.map(({ ip }) => ip);
    return ports.flatMap(({ port }) => addresses.map(({ ip }) => `${isIPv6(ip) ? `[${ip}]` : ip}:${port}`));
  });
  const shown = all.slice(0, 3).join(',');
  return all.length > 3 ? `${shown} + ${all.length - 3} more...` : shown;
}
