/** What a Host header names: the API's own origin, a service, a pod; anything else is refused. */
import { networkInterfaces } from 'node:os';
import type { Target } from './destination.ts';

export type HostTarget = { kind: 'api' } | Target;

const label = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

/** The names that one gateway answers under, in lower case. */
export interface GatewayNames {
  /** Of the API's own origin. */
  api: readonly string[];
  /** What the names of applications end with, each with its dot. */
  suffixes: readonly string[];
}

const loopbackNames: GatewayNames = { api: ['localhost', '127.0.0.1', '[::1]'], suffixes: ['.localhost'] };

/**
 * Besides those of this machine: the address that it listens on, or all that the machine has now where it listens on all
 * of them, and a domain of its own.
 */
export function gatewayNames({
  address,
  domain,
}: {
  address?: string | undefined;
  domain?: string | undefined;
}): GatewayNames {
  const own = address === undefined ? [] : address === '0.0.0.0' || address === '::' ? ownAddresses() : [address];
  const named = own.map((each) => (each.includes(':') ? new URL(`http://[${each}]`).hostname : each));
  return {
    api: [...new Set([...loopbackNames.api, ...named, ...(domain === undefined ? [] : [domain])])],
    suffixes: [...loopbackNames.suffixes, ...(domain === undefined ? [] : [`.${domain}`])],
  };
}

/** Without those that need the name of an interface beside them. */
function ownAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses);
  return all.map(({ address }) => address).filter((address) => !/^fe[89ab]/i.test(address));
}

/**
 * Parses `HOST[:PORT]`, exactly: undefined for every name that is not served here, `localhost.example.com` and other
 * machines' names among them. The name is compared whole, so DNS rebinding finds nothing.
 */
export function parseHost(host: string, names: GatewayNames = loopbackNames): HostTarget | undefined {
  const name = withoutPort(host.toLowerCase());
  if (name === undefined) return undefined;
  if (names.api.includes(name)) return { kind: 'api' };
  const suffix = names.suffixes.find((each) => name.endsWith(each));
  if (suffix === undefined) return undefined;
  const labels = name.slice(0, -suffix.length).split('.');
  if (!labels.every((part) => label.test(part))) return undefined;
  return podTarget(labels) ?? serviceTarget(labels);
}

/** The name in lower case, without the port. */
export function hostName(host: string): string {
  return withoutPort(host.toLowerCase()) ?? '';
}

function withoutPort(host: string): string | undefined {
  const match = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(host);
  return match !== null && Number(match[2] ?? 1) >= 1 && Number(match[2] ?? 1) <= 65_535 ? match[1] : undefined;
}

/** `POD.NAMESPACE.pod[.ALIAS]`; a pod's name may hold dots. */
function podTarget(labels: readonly string[]): HostTarget | undefined {
  const plain = labels.length >= 3 && labels.at(-1) === 'pod';
  const aliased = labels.length >= 4 && labels.at(-2) === 'pod';
  if (!plain && !aliased) return undefined;
  const alias = plain ? undefined : labels.at(-1);
  const named = labels.slice(0, plain ? -1 : -2);
  return { kind: 'pod', namespace: named.at(-1) ?? '', name: named.slice(0, -1).join('.'), port: undefined, alias };
}

/** `SERVICE.NAMESPACE`, `[PORT.]SERVICE.NAMESPACE.svc[.ALIAS]`. */
function serviceTarget(labels: readonly string[]): HostTarget | undefined {
  const [first = '', second = '', third, fourth, fifth] = labels;
  const service = (name: string, namespace: string, port?: string, alias?: string): HostTarget => {
    return { kind: 'service', name, namespace, port, alias };
  };
  switch (labels.length) {
    case 2:
      return service(first, second);
    case 3:
      return third === 'svc' ? service(first, second) : undefined;
    case 4:
      if (fourth === 'svc') return service(second, third ?? '', first);
      return third === 'svc' ? service(first, second, undefined, fourth) : undefined;
    case 5:
      return fourth === 'svc' ? service(second, third ?? '', first, fifth) : undefined;
    default:
      return undefined;
  }
}
