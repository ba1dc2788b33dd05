import { isIP } from 'node:net';
import type { FieldError } from '../../api/status.ts';
import type { Endpoint, EndpointPort, EndpointSlice } from '../../api/types/discovery-v1.ts';
import {
  at,
  duplicate,
  immutable,
  invalidFor,
  invalidValue,
  notSupported,
  required,
} from '../../api/validation/field-errors.ts';
import { complainAboutDnsLabel, complainAboutDnsSubdomain, complainAboutPort } from '../../api/validation/names.ts';
import { firstThree } from './columns.ts';
import type { ResourceDefinition } from './resource.ts';

const addressTypes = ['FQDN', 'IPv4', 'IPv6'];
const mostAddresses = 100;

export const endpointSlice: ResourceDefinition<EndpointSlice> = {
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  singular: 'endpointslice',
  namespaced: true,
  generation: 'labels',
  applyDefaults({ ports }) {
    for (const port of ports ?? []) {
      port.name ??= '';
      port.protocol ||= 'TCP';
    }
  },
  validate(object) {
    const { addressType, endpoints, ports = [] } = object;
    const errors: FieldError[] = [];
    if ((addressType ?? '') === '') errors.push(required('addressType'));
    else if (!addressTypes.includes(addressType)) errors.push(notSupported('addressType', addressType, addressTypes));
    for (const [index, endpoint] of (endpoints ?? []).entries()) {
      errors.push(...validateEndpoint(endpoint, addressType, at('endpoints', index)));
    }
    const names = new Set<string>();
    for (const [index, port] of ports.entries()) errors.push(...validatePort(port, at('ports', index), names));
    return errors;
  },
  validateUpdate(next, previous) {
    return next.addressType === previous.addressType ? [] : [immutable('addressType', next.addressType)];
  },
  columns: [
    {
      name: 'AddressType',
      type: 'string',
      description: 'What its addresses are.',
      value: ({ addressType }) => addressType,
    },
    {
      name: 'Ports',
      type: 'string',
      description: 'The ports that every endpoint has.',
      value: ({ ports }) =>
        firstThree((ports ?? []).map(({ port, name }) => (port === undefined ? (name ?? '*') : String(port)))),
    },
    {
      name: 'Endpoints',
      type: 'string',
      description: 'The addresses of the endpoints.',
      value: ({ endpoints }) => firstThree((endpoints ?? []).flatMap(({ addresses }) => addresses ?? [])),
    },
  ],
};

// Loopback addresses pass, unlike upstream: pods have them where no network of their own can be made.
function validateEndpoint({ addresses = [], hostname }: Endpoint, type: string, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (addresses.length === 0) errors.push(required(`${field}.addresses`, 'must contain at least 1 address'));
  if (addresses.length > mostAddresses) {
    const message = `Too many: ${addresses.length}: must have at most ${mostAddresses} items`;
    errors.push({ reason: 'FieldValueTooMany', field: `${field}.addresses`, message });
  }
  for (const [index, address] of addresses.entries()) {
    const where = at(`${field}.addresses`, index);
    const complaint = complainAboutAddress(address, type);
    if (complaint !== undefined) errors.push(invalidValue(where, address, complaint));
    if (type === 'FQDN') errors.push(...invalidFor(where, address, complainAboutDnsSubdomain(address)));
  }
  if (hostname !== undefined)
    errors.push(...invalidFor(`${field}.hostname`, hostname, complainAboutDnsLabel(hostname)));
  return errors;
}

function complainAboutAddress(address: string, type: string): string | undefined {
  if (type !== 'IPv4' && type !== 'IPv6') return undefined;
  if (isIP(address) === 0) return 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
  return isIP(address) === Number(type.slice(-1)) ? undefined : `must be an ${type} address`;
}

function validatePort(
  { name = '', port, protocol = '' }: EndpointPort,
  field: string,
  names: Set<string>,
): FieldError[] {
  const errors: FieldError[] = [];
  if (name !== '') errors.push(...invalidFor(`${field}.name`, name, complainAboutDnsLabel(name)));
  if (names.has(name)) errors.push(duplicate(`${field}.name`, name));
  names.add(name);
  if (port !== undefined) errors.push(...invalidFor(`${field}.port`, port, complainAboutPort(port)));
  if (!['SCTP', 'TCP', 'UDP'].includes(protocol)) {
    errors.push(notSupported(`${field}.protocol`, protocol, ['SCTP', 'TCP', 'UDP']));
  }
  return errors;
}
