/** What the clients of an HTTP or SOCKS proxy ask for: something of a cluster, or they are refused by name. */
import type { ServerExchange } from '../net/http1/server-exchange.ts';
import * as problems from './app-problems.ts';
import type { ClusterAddresses } from './cluster-addresses.ts';
import { parseClusterName } from './cluster-name.ts';
import type { Target } from './destination.ts';
import type { Problem } from './problem.ts';

export class ProxyTargets {
  readonly #addresses: ClusterAddresses;

  /** `addresses` are those of the default context. */
  constructor(addresses: ClusterAddresses) {
    this.#addresses = addresses;
  }

  /** Never rejects. `port` undefined: the one that a browser would mean. */
  async resolve(host: string, port: string | undefined): Promise<{ target: Target } | { problem: Problem }> {
    const name = parseClusterName(host);
    if (name === undefined) return { problem: problems.notOfTheCluster(host) };
    if (name.kind !== 'address') return { target: { ...name, port } };
    try {
      const owner = await this.#addresses.find(name.address);
      if (owner === undefined) return { problem: problems.noSuchAddress(name.address) };
      return { target: { ...owner, port, alias: undefined } };
    } catch (error) {
      return { problem: problems.clusterFailed(error) };
    }
  }
}

/** `HOST:PORT` of a CONNECT; undefined where it is none. */
export function parseAuthority(text: string): { host: string; port: string } | undefined {
  const match = /^(\[[0-9A-Fa-f:.]+\]|[^:[\]/?#@\s]+):(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  return match === null || port < 1 || port > 65_535 ? undefined : { host: match[1] ?? '', port: String(port) };
}

/** A request in absolute form: `http://HOST[:PORT]/PATH`. */
export interface AbsoluteTarget {
  /** As it stands there. */
  authority: string;
  host: string;
  port: string | undefined;
  /** Path and query, for the request in origin form. */
  path: string;
}

/** Undefined where the target is no `http:` URL, has user information, or is broken. */
export function parseAbsoluteTarget(target: string): AbsoluteTarget | undefined {
  const match = /^http:\/\/((\[[0-9A-Fa-f:.]+\]|[^:[\]/?#@]+)(?::(\d{1,5}))?)([/?][^#]*)?$/i.exec(target);
  if (match === null) return undefined;
  const [, authority = '', host = '', port, rest = '/'] = match;
  if (port !== undefined && parseAuthority(authority) === undefined) return undefined;
  return { authority, host, port, path: rest.startsWith('/') ? rest : `/${rest}` };
}

/** The request as its server sees it: the target's authority takes the place of Host (RFC 9112 3.2.2). */
export function toOriginForm({ head }: ServerExchange, { authority, path }: AbsoluteTarget): void {
  head.target = path;
  head.headers = [['Host', authority], ...head.headers.filter(([name]) => name.toLowerCase() !== 'host')];
}
