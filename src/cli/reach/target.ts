/** What a user means by `web.shop:http`, `svc/web`, `http://web.shop.localhost:8001/`, `localhost:15432` and the like. */
import { isIP } from 'node:net';
import { parseHost } from '../../gateway/host.ts';
import { UsageError } from '../command.ts';

/** Types that have pods, by the names that people type. */
const workloads: Readonly<Record<string, Workload['type']>> = {
  deployment: 'deployments',
  deployments: 'deployments',
  deploy: 'deployments',
  statefulset: 'statefulsets',
  statefulsets: 'statefulsets',
  sts: 'statefulsets',
  daemonset: 'daemonsets',
  daemonsets: 'daemonsets',
  ds: 'daemonsets',
  replicaset: 'replicasets',
  replicasets: 'replicasets',
  rs: 'replicasets',
};
const services = new Set(['service', 'services', 'svc']);
const pods = new Set(['pod', 'pods', 'po']);

interface Named {
  name: string;
  /** Undefined: that of the context. */
  namespace: string | undefined;
  /** By name or number; undefined: the one that a browser would mean. */
  port: string | undefined;
}

export interface Workload extends Named {
  kind: 'workload';
  type: 'deployments' | 'statefulsets' | 'daemonsets' | 'replicasets';
}

export type ClusterTarget = (Named & { kind: 'service' | 'pod' }) | Workload;

/** A name of a gateway in a URL: where it listens, and what the name means in which of its contexts. */
export interface GatewayTarget {
  kind: 'gateway';
  url: URL;
  /** Undefined: its default context. */
  alias: string | undefined;
  target: ClusterTarget | undefined;
}

/** A port of this machine. */
export interface LocalTarget {
  kind: 'local';
  port: number;
}

/** An address of a Service or a pod. */
export interface AddressTarget {
  kind: 'address';
  address: string;
  port: string | undefined;
}

export type ReachTarget = ClusterTarget | GatewayTarget | LocalTarget | AddressTarget;

const label = '[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?';
const words = new RegExp(`^(?:([a-z]+)/)?(${label}(?:\\.${label})*)(?::(${label}))?$`);
const slashed = new RegExp(`^(${label})/(${label})(?::(${label}))?$`);

export const targetForms =
  'SERVICE, SERVICE.NAMESPACE, NAMESPACE/SERVICE, svc/NAME, pod/NAME or deploy/NAME, each with :PORT if you like, a URL of a gateway, or HOST:PORT';

/** Throws UsageError for what is of no form. */
export function parseReachTarget(text: string): ReachTarget {
  if (/^https?:\/\//i.test(text)) return parseUrl(text);
  const local = /^(?:localhost|127\.0\.0\.1|\[::1\]):(\d{1,5})$/.exec(text);
  if (local !== null) return { kind: 'local', port: portNumber(local[1] ?? '', text) };
  const [, bracketed, plain, port] = /^(?:\[([0-9a-f:.]+)\]|(\d+\.\d+\.\d+\.\d+))(?::([-a-z0-9]+))?$/i.exec(text) ?? [];
  const address = bracketed ?? plain;
  if (address !== undefined && isIP(address) !== 0) return { kind: 'address', address, port };
  const named = /^([^:]+\.localhost):?(\d*)$/.exec(text);
  if (named !== null) return parseUrl(`http://${named[1]}:${named[2] === '' ? '8001' : named[2]}/`);
  return parseClusterTarget(text);
}

/** The forms that name an object. Throws UsageError. */
export function parseClusterTarget(text: string): ClusterTarget {
  const [, type, name = '', port] = words.exec(text) ?? [];
  if (name !== '' && type !== undefined) {
    if (services.has(type)) return { kind: 'service', ...splitName(name, port) };
    if (pods.has(type)) return { kind: 'pod', name, namespace: undefined, port };
    const workload = Object.hasOwn(workloads, type) ? workloads[type] : undefined;
    if (workload !== undefined) return { kind: 'workload', type: workload, name, namespace: undefined, port };
  }
  const [, namespace, service = '', servicePort] = slashed.exec(text) ?? [];
  if (service !== '') return { kind: 'service', name: service, namespace, port: servicePort };
  if (name === '' || type !== undefined) throw new UsageError(`invalid target "${text}": write ${targetForms}`);
  return { kind: 'service', ...splitName(name, port) };
}

/** `web`, `web.shop`, `web.shop.svc`, `web.shop.svc.cluster.local`; `db-0.shop.pod` is the gateway's name for a pod. */
function splitName(text: string, port: string | undefined): Named {
  const labels = text.split('.');
  const [name = '', namespace, svc] = labels;
  if (labels.length > 2 && svc !== 'svc')
    throw new UsageError(`invalid name "${text}": write SERVICE.NAMESPACE, or SERVICE.NAMESPACE.svc`);
  return { name, namespace, port };
}

function parseUrl(text: string): ReachTarget {
  if (!URL.canParse(text)) throw new UsageError(`invalid URL "${text}"`);
  const url = new URL(text);
  const host = parseHost(url.host);
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  if (host === undefined) {
    const name = url.hostname.replace(/^\[|\]$/g, '');
    if (isIP(name) !== 0) return { kind: 'address', address: name, port };
    const inside = /\.svc(?:\.|$)/.test(name) ? parseClusterTarget(`${name}:${port}`) : undefined;
    if (inside !== undefined) return inside;
    throw new UsageError(`"${url.host}" is no name of a gateway or a cluster: write ${targetForms}`);
  }
  if (host.kind === 'api') return { kind: 'gateway', url, alias: undefined, target: undefined };
  const { kind, name, namespace, port: wanted, alias } = host;
  return { kind: 'gateway', url, alias, target: { kind, name, namespace, port: wanted } };
}

function portNumber(text: string, whole: string): number {
  const port = Number(text);
  if (port < 1 || port > 65_535) throw new UsageError(`invalid port in "${whole}": from 1 to 65535`);
  return port;
}
