/** The clusters behind one gateway: each is a context, with an alias by which host names tell it from the others. */
import { createHash } from 'node:crypto';
import type { ClientConfig } from '../client/client-config.ts';
import type { ClusterClient } from '../client/cluster-client.ts';
import { Ways } from './ways.ts';

export interface GatewayContext {
  /** As the kubeconfig has it; undefined where no kubeconfig names one (a pod, `--server`). */
  name: string | undefined;
  /** The label that stands for it in full host names; empty without a name. */
  alias: string;
  /** The cluster and the credentials that requests carry. */
  config: ClientConfig;
  /** The same cluster and user; finds services and opens port-forwards. */
  client: ClusterClient;
  /** Which way leads to its services, as far as it was tried. */
  ways: Ways;
}

/** The first is the default: what names no context means it. */
export type GatewayContexts = readonly [GatewayContext, ...GatewayContext[]];

/** Words of the host names themselves. */
const reserved: readonly string[] = ['', 'svc', 'pod'];
const longest = 63;
const hashLength = 6;

/**
 * The aliases of contexts, in their order: the name in lower case, other characters as hyphens. Where two would be the
 * same, where one is too long for a label or no name that tells, its beginning and a hash of the name. The same name
 * has the same alias beside any others, but for such collisions.
 */
export function contextAliases(names: readonly string[]): string[] {
  const slugs = names.map(slugOf);
  return names.map((name, i) => {
    const slug = slugs[i] ?? '';
    const taken = slugs.some((other, at) => other === slug && names[at] !== name);
    return taken || reserved.includes(slug) || slug.length > longest ? hashed(slug, name) : slug;
  });
}

function slugOf(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
}

function hashed(slug: string, name: string): string {
  const hash = createHash('sha256').update(name).digest('hex').slice(0, hashLength);
  const beginning = slug.slice(0, longest - hashLength - 1).replace(/-+$/, '');
  return beginning === '' ? `context-${hash}` : `${beginning}-${hash}`;
}

/** A context that was asked for and cannot be served, for a reason that no cluster can mend. */
export interface UnusableContext {
  name: string;
  alias: string;
  /** A sentence. */
  why: string;
}

type Unnamed<T> = Omit<T, 'alias' | 'ways'>;

/** Names the contexts of one gateway, in order, and those that it cannot serve. */
export function nameContexts(
  contexts: readonly [Unnamed<GatewayContext>, ...Unnamed<GatewayContext>[]],
  unusable: readonly Unnamed<UnusableContext>[] = [],
): { contexts: GatewayContexts; unusable: readonly UnusableContext[] } {
  const aliases = contextAliases([...contexts, ...unusable].map(({ name }) => name ?? ''));
  const [first, ...others] = contexts;
  const named = (context: Unnamed<GatewayContext>, i: number): GatewayContext => ({
    ...context,
    alias: context.name === undefined ? '' : (aliases[i] ?? ''),
    ways: new Ways(),
  });
  return {
    contexts: [named(first, 0), ...others.map((context, i) => named(context, i + 1))],
    unusable: unusable.map((context, i) => ({ ...context, alias: aliases[contexts.length + i] ?? '' })),
  };
}
