/** From a kind to the name under which its API serves it. */
import { apiRoot, parseApiVersion } from '../api/group-version.ts';
import { StatusError } from '../api/status.ts';
import type { APIResourceList } from '../api/types/meta-v1.ts';
import type { ClusterClient } from './cluster-client.ts';
import { readBody, refusal } from './response-body.ts';

export interface KindNames {
  plural: string;
  namespaced: boolean;
}

/** Kubernetes' own kinds are known; others are looked up in the cluster, once per group and version, and again when a kind is missing. */
export class KindResolver {
  readonly #client: ClusterClient;
  readonly #discovered = new Map<string, Promise<ReadonlyMap<string, KindNames>>>();

  constructor(client: ClusterClient) {
    this.#client = client;
  }

  /** Throws StatusError NotFound when the cluster does not serve the kind. */
  async resolve(apiVersion: string, kind: string): Promise<KindNames> {
    const { builtInResources } = await import('../api/types/built-in-resources.ts');
    const words = builtInResources[apiVersion]?.split(' ') ?? [];
    const at = words.findIndex((word, i) => i % 2 === 0 && word === kind);
    const name = words[at + 1];
    if (at >= 0 && name !== undefined) {
      return name.startsWith('!') ? { plural: name.slice(1), namespaced: false } : { plural: name, namespaced: true };
    }
    const known = this.#discovered.get(apiVersion);
    const found = (await known)?.get(kind);
    if (found !== undefined) return found;
    // Others may have asked anew meanwhile.
    const latest = this.#discovered.get(apiVersion);
    const asked = latest === undefined || latest === known ? this.#discover(apiVersion) : latest;
    const names = (await asked).get(kind);
    if (names !== undefined) return names;
    throw new StatusError({
      code: 404,
      reason: 'NotFound',
      message: `The cluster serves no kind ${kind} in ${apiVersion}: check both names, and that its CustomResourceDefinition is installed.`,
    });
  }

  #discover(apiVersion: string): Promise<ReadonlyMap<string, KindNames>> {
    const kinds = askKinds(this.#client, apiVersion);
    this.#discovered.set(apiVersion, kinds);
    // A cluster that could not be asked is asked again.
    kinds.catch(() => {
      if (this.#discovered.get(apiVersion) === kinds) this.#discovered.delete(apiVersion);
    });
    return kinds;
  }
}

async function askKinds(client: ClusterClient, apiVersion: string): Promise<ReadonlyMap<string, KindNames>> {
  const groupVersion = parseApiVersion(apiVersion);
  if (groupVersion === undefined) throw new TypeError(`not an apiVersion: ${JSON.stringify(apiVersion)}`);
  const { status, body } = await client.request({
    method: 'GET',
    path: apiRoot(groupVersion),
    headers: { Accept: 'application/json' },
  });
  const bytes = await readBody(body);
  // A group that nobody serves is an empty one.
  if (status === 404) return new Map();
  if (status !== 200) throw refusal(status, bytes);
  // The shape that this path has since Kubernetes 1.0.
  const { resources = [] } = JSON.parse(bytes.toString('utf8')) as APIResourceList;
  const own = resources.filter(({ name }) => !name.includes('/'));
  return new Map(own.map(({ kind, name, namespaced }) => [kind, { plural: name, namespaced }]));
}
