/** Gives Services their cluster address and node ports, each to one Service only, and frees them with it. */
import { isIP } from 'node:net';
import type { FieldError } from '../../api/status.ts';
import { internalError, invalid } from '../../api/status.ts';
import type { Service, ServicePort, ServiceSpec } from '../../api/types/core-v1.ts';
import { Ipv4Range } from '../../lib/ipv4-range.ts';
import type { ObjectReader } from '../connect/connector.ts';
import { validateService } from '../resources/service-validation.ts';
import type { AdmissionPlugin, ReservationEnd } from './admission.ts';
import type { UniqueValues } from './unique-values.ts';
import { dynamicFirst, uniqueValues } from './unique-values.ts';

export interface ServiceAddressOptions {
  /** Default 10.96.0.0/16. Its first address is the network's, the second the `kubernetes` Service's. */
  serviceRange?: string;
  /** Both included. */
  nodePorts?: { first: number; last: number };
}

interface Pools {
  range: Ipv4Range;
  addresses: UniqueValues<string>;
  ports: UniqueValues<number>;
  nodePorts: { first: number; last: number };
}

export function serviceAddresses(store: ObjectReader, options: ServiceAddressOptions = {}): AdmissionPlugin {
  const services = () => store.list<Service>({ group: '', resource: 'services' }, '');
  const pools: Pools = {
    range: new Ipv4Range(options.serviceRange ?? '10.96.0.0/16'),
    nodePorts: options.nodePorts ?? { first: 30000, last: 32767 },
    addresses: uniqueValues(async () => new Set((await services()).flatMap(({ spec }) => spec?.clusterIPs ?? []))),
    ports: uniqueValues(async () => new Set((await services()).flatMap(({ spec }) => nodePortsOf(spec)))),
  };
  return {
    name: 'ServiceAddresses',
    async reserve({ operation, resource, subresource, object, previous }) {
      if (operation === 'DELETE' || resource.group !== '' || resource.plural !== 'services' || subresource !== '')
        return;
      const { spec, metadata } = object as Service;
      if (spec === undefined) return;
      // A Service that will be refused for what it says itself takes nothing.
      if (validateService(object as Service).length > 0) return;
      const before = (previous as Service | undefined)?.spec;
      const releases: (() => void)[] = [];
      const end: ReservationEnd = () => {
        for (const release of releases) release();
      };
      try {
        const errors = await giveAddress(pools, spec, before, releases);
        errors.push(...(await givePorts(pools, spec, before, releases)));
        if (errors.length > 0)
          throw invalid({ group: '', version: 'v1', kind: 'Service' }, metadata.name ?? '', errors);
        return end;
      } catch (error) {
        end(false);
        throw error;
      }
    },
  };
}

function nodePortsOf(spec: ServiceSpec | undefined): number[] {
  const ports = (spec?.ports ?? []).flatMap(({ nodePort = 0 }) => (nodePort === 0 ? [] : [nodePort]));
  const health = spec?.healthCheckNodePort ?? 0;
  return health === 0 ? ports : [...ports, health];
}

async function giveAddress(
  { range, addresses }: Pools,
  spec: ServiceSpec,
  before: ServiceSpec | undefined,
  releases: (() => void)[],
): Promise<FieldError[]> {
  const { type = 'ClusterIP', clusterIP = spec.clusterIPs?.[0] ?? '' } = spec;
  if (type === 'ExternalName') return [];
  if (clusterIP === 'None') {
    spec.clusterIP = 'None';
    spec.clusterIPs = ['None'];
    // Without a selector the endpoints are somebody else's, and may be of any family.
    const any = Object.keys(spec.selector ?? {}).length === 0;
    spec.ipFamilyPolicy ??= any ? 'RequireDualStack' : 'SingleStack';
    spec.ipFamilies ??= any && spec.ipFamilyPolicy !== 'SingleStack' ? ['IPv4', 'IPv6'] : ['IPv4'];
    return [];
  }
  const families = familyErrors(spec);
  if (families.length > 0) return families;
  spec.ipFamilyPolicy ??= 'SingleStack';
  spec.ipFamilies ??= ['IPv4'];
  if (clusterIP === '') {
    const reserved = Math.min(Math.max(16, Math.floor(range.size / 16)), 256);
    const given = await addresses.takeFirst(addressesOf(range, reserved));
    if (given === undefined) throw internalError(`failed to allocate a service IP: the range ${range.cidr} is full`);
    releases.push(() => addresses.release(given));
    spec.clusterIP = given;
    spec.clusterIPs = [given];
    return [];
  }
  spec.clusterIPs ??= [clusterIP];
  // Validation says what is wrong with an address that is none, or that may not be changed.
  if (isIP(clusterIP) === 0 || (before !== undefined && (before.clusterIP ?? '') !== '')) return [];
  const refuse = (why: string): FieldError[] => [
    {
      reason: 'FieldValueInvalid',
      field: 'spec.clusterIPs',
      message: `Invalid value: ${JSON.stringify(spec.clusterIPs)}: failed to allocate IP ${clusterIP}: ${why}`,
    },
  ];
  const index = range.indexOf(clusterIP);
  if (index === undefined || index === 0 || index === range.size - 1) {
    return refuse('the provided network does not match the current range');
  }
  if (!(await addresses.take(clusterIP))) return refuse('provided IP is already allocated');
  releases.push(() => addresses.release(clusterIP));
  return [];
}

function* addressesOf(range: Ipv4Range, reserved: number): Iterable<string> {
  for (const index of dynamicFirst(2, range.size - 1, reserved)) yield range.at(index);
}

/** One family, IPv4, is what the range has. */
function familyErrors({ ipFamilies, ipFamilyPolicy }: ServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  if (ipFamilyPolicy === 'RequireDualStack') {
    errors.push({
      reason: 'FieldValueInvalid',
      field: 'spec.ipFamilyPolicy',
      message: 'Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
    });
  }
  ipFamilies?.forEach((family, index) => {
    if (family !== 'IPv6') return;
    errors.push({
      reason: 'FieldValueInvalid',
      field: `spec.ipFamilies[${index}]`,
      message: 'Invalid value: "IPv6": not configured on this cluster',
    });
  });
  return errors;
}

/** Ports of one Service may share a node port when their protocols differ. */
async function givePorts(
  pools: Pools,
  spec: ServiceSpec,
  before: ServiceSpec | undefined,
  releases: (() => void)[],
): Promise<FieldError[]> {
  if (!needsNodePorts(spec)) return [];
  const errors: FieldError[] = [];
  const own = new Set(nodePortsOf(before));
  const protocolsOf = new Map<number, string[]>();
  const ports = spec.ports ?? [];
  for (const [index, port] of ports.entries()) {
    const { nodePort = 0, protocol = 'TCP' } = port;
    if (nodePort === 0) continue;
    const sharing = protocolsOf.get(nodePort);
    protocolsOf.set(nodePort, [...(sharing ?? []), protocol]);
    if (sharing !== undefined || own.has(nodePort)) continue;
    const error = await takePort(pools, nodePort, `spec.ports[${index}].nodePort`, releases);
    if (error !== undefined) errors.push(error);
  }
  for (const port of ports) {
    if ((port.nodePort ?? 0) !== 0) continue;
    const given = shareable(ports, port, protocolsOf) ?? (await takeAnyPort(pools, releases));
    port.nodePort = given;
    protocolsOf.set(given, [...(protocolsOf.get(given) ?? []), port.protocol ?? 'TCP']);
  }
  if (spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local') {
    const { healthCheckNodePort = 0 } = spec;
    if (healthCheckNodePort === 0) spec.healthCheckNodePort = await takeAnyPort(pools, releases);
    else if (!own.has(healthCheckNodePort)) {
      const error = await takePort(pools, healthCheckNodePort, 'spec.healthCheckNodePort', releases);
      if (error !== undefined) errors.push(error);
    }
  }
  return errors;
}

function needsNodePorts({ type, allocateLoadBalancerNodePorts }: ServiceSpec): boolean {
  return type === 'NodePort' || (type === 'LoadBalancer' && allocateLoadBalancerNodePorts !== false);
}

/** The same port number for another protocol gets the same node port. */
function shareable(
  ports: readonly ServicePort[],
  port: ServicePort,
  protocolsOf: ReadonlyMap<number, readonly string[]>,
): number | undefined {
  const same = ports.find((one) => one.port === port.port && (one.nodePort ?? 0) !== 0);
  if (same?.nodePort === undefined) return undefined;
  return protocolsOf.get(same.nodePort)?.includes(port.protocol ?? 'TCP') ? undefined : same.nodePort;
}

async function takePort(
  { nodePorts: { first, last }, ports }: Pools,
  wanted: number,
  field: string,
  releases: (() => void)[],
): Promise<FieldError | undefined> {
  const refuse = (why: string): FieldError => ({
    reason: 'FieldValueInvalid',
    field,
    message: `Invalid value: ${wanted}: ${why}`,
  });
  if (wanted < first || wanted > last) {
    return refuse(`provided port is not in the valid range. The range of valid ports is ${first}-${last}`);
  }
  if (!(await ports.take(wanted))) return refuse('provided port is already allocated');
  releases.push(() => ports.release(wanted));
  return undefined;
}

async function takeAnyPort({ nodePorts: { first, last }, ports }: Pools, releases: (() => void)[]): Promise<number> {
  const count = last - first + 1;
  const reserved = Math.min(Math.max(16, Math.floor(count / 32)), 128);
  const given = await ports.takeFirst(dynamicFirst(first, last + 1, reserved));
  if (given === undefined) throw internalError(`failed to allocate a nodePort: all of ${first}-${last} are taken`);
  releases.push(() => ports.release(given));
  return given;
}
