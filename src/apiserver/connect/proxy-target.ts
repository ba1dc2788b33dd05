/** What the proxy verb's names stand for: an address and a port, after the `ResourceLocation` functions upstream. */
import { badRequest, notFound, serviceUnavailable } from '../../api/status.ts';
import type { Container, EndpointAddress, Endpoints, Pod, Service } from '../../api/types/core-v1.ts';
import type { ObjectReader } from './connector.ts';

export interface ProxyTarget {
  scheme: 'http' | 'https';
  address: string;
  port: number;
}

export interface ProxyLookup {
  store: ObjectReader;
  namespace: string;
  /** `name`, `name:port` or `scheme:name:port`. */
  id: string;
  isAllowed(address: string): boolean;
}

const PODS = { group: '', resource: 'pods' };
const SERVICES = { group: '', resource: 'services' };
const ENDPOINTS = { group: '', resource: 'endpoints' };

export interface SchemeNamePort {
  scheme: 'http' | 'https' | '';
  name: string;
  port: string;
}

/** Undefined for a form that is none of the three. */
export function splitSchemeNamePort(id: string): SchemeNamePort | undefined {
  const parts = id.split(':');
  if (parts.length > 3) return undefined;
  const [scheme, name, port] =
    parts.length === 3 ? [parts[0], parts[1], parts[2]] : ['', parts[0], parts.length === 2 ? parts[1] : ''];
  if (name === undefined || name === '' || (scheme !== '' && scheme !== 'http' && scheme !== 'https')) return undefined;
  return { scheme, name, port: port ?? '' };
}

/** A random ready address of the service that is a pod's of this namespace. Throws `StatusError`. */
export async function serviceTarget({ store, namespace, id, isAllowed }: ProxyLookup): Promise<ProxyTarget> {
  const split = splitSchemeNamePort(id);
  if (split === undefined) throw badRequest(`invalid service request ${JSON.stringify(id)}`);
  const { scheme, name } = split;
  let portName = split.port;
  if (/^-?\d+$/.test(portName)) {
    const number = Number(portName);
    const service = await store.get<Service>(SERVICES, namespace, name);
    if (service === undefined) throw notFound(SERVICES, name);
    const port = service.spec?.ports?.find((candidate) => candidate.port === number);
    if (port === undefined) throw serviceUnavailable(`no service port ${number} found for service "${name}"`);
    portName = port.name ?? '';
  }
  const endpoints = await store.get<Endpoints>(ENDPOINTS, namespace, name);
  if (endpoints === undefined) throw notFound(ENDPOINTS, name);
  if ((endpoints.subsets ?? []).length === 0) throw serviceUnavailable(`no endpoints available for service "${name}"`);
  for (const { addresses = [], ports = [] } of shuffled(endpoints.subsets ?? [])) {
    const port = ports.find((candidate) => (candidate.name ?? '') === portName);
    if (port === undefined) continue;
    for (const address of shuffled(addresses)) {
      if (!isAllowed(address.ip) || !(await belongsToPod(store, namespace, address))) continue;
      return { scheme: scheme === '' ? 'http' : scheme, address: address.ip, port: port.port };
    }
  }
  throw serviceUnavailable(`no endpoints available for service "${id}"`);
}

/** The pod's address and the port: by number, by a container's port name, or the first one. Throws `StatusError`. */
export async function podTarget({ store, namespace, id, isAllowed }: ProxyLookup): Promise<ProxyTarget> {
  const split = splitSchemeNamePort(id);
  if (split === undefined) throw badRequest(`invalid pod request ${JSON.stringify(id)}`);
  const pod = await store.get<Pod>(PODS, namespace, split.name);
  if (pod === undefined) throw notFound(PODS, split.name);
  const address = pod.status?.podIPs?.[0]?.ip ?? pod.status?.podIP ?? '';
  if (!isAllowed(address)) throw badRequest('address not allowed');
  const scheme = split.scheme === '' ? 'http' : split.scheme;
  const port = podPort(pod, split.port) ?? (scheme === 'https' ? 443 : 80);
  return { scheme, address, port };
}

function podPort(pod: Pod, port: string): number | undefined {
  const ports = (pod.spec?.containers ?? []).flatMap((container: Container) => container.ports ?? []);
  if (port === '') return ports[0]?.containerPort;
  const number = /^\d{1,5}$/.test(port)
    ? Number(port)
    : ports.find((candidate) => candidate.name === port)?.containerPort;
  if (number === undefined || number < 1 || number > 65535) {
    throw badRequest(`pod "${pod.metadata.name}" has no port ${JSON.stringify(port)}`);
  }
  return number;
}

/** Endpoints are written by hand too: an address counts only when a pod of this very namespace has it. */
async function belongsToPod(store: ObjectReader, namespace: string, address: EndpointAddress): Promise<boolean> {
  const { targetRef } = address;
  if (targetRef?.name === undefined || targetRef.namespace !== namespace) return false;
  const pod = await store.get<Pod>(PODS, namespace, targetRef.name);
  return pod?.status?.podIPs?.some(({ ip }) => ip === address.ip) === true;
}

/** From a random place on, around. */
function shuffled<T>(items: readonly T[]): T[] {
  const start = Math.floor(Math.random() * items.length);
  return [...items.slice(start), ...items.slice(0, start)];
}
