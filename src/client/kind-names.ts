/** From a kind to the name under which its API serves it. */
import { apiRoot, parseApiVersion } from '../api/group-version.ts';
import { StatusError } from '../api/status.ts';
import { SharedWork } from '../lib/shared-work.ts';
import type { ClusterClient } from './cluster-client.ts';
import { parseResources } from './discovery-documents.ts';
import { parseObject, readBody, refusal } from './response-body.ts';

export interface KindNames {
  plural: string;
  namespaced: boolean;
}

/** Kubernetes' own kinds are known; others are looked up in the cluster, once per group and version, and again when a kind is missing. */
export class KindResolver {
  readonly #client: ClusterClient;
  readonly #groups = new Map<string, Group>();

  constructor(client: ClusterClient) {
    this.#client = client;
  }

  /** Throws StatusError NotFound when the cluster does not serve the kind, and the signal's reason. */
  async resolve(apiVersion: string, kind: string, signal: AbortSignal): Promise<KindNames> {
    const { builtInResources } = await import('../api/types/built-in-resources.ts');
    const words = builtInResources[apiVersion]?.split(' ') ?? [];
    const at = words.findIndex((word, i) => i % 2 === 0 && word === kind);
    const name = words[at + 1];
    if (at >= 0 && name !== undefined) {
      return name.startsWith('!') ? { plural: name.slice(1), namespaced: false } : { plural: name, namespaced: true };
    }
    const group = this.#group(apiVersion);
    const known = group.kinds?.get(kind);
    if (known !== undefined) return known;
    // What others asked before may be from before the kind was made.
    const wasAsked = group.asking.running;
    let names = (await group.asking.join(signal)).get(kind);
    if (names === undefined && wasAsked) names = (await group.asking.join(signal)).get(kind);
    if (names !== undefined) return names;
    throw new StatusError({
      code: 404,
      reason: 'NotFound',
      message: `The cluster serves no kind ${kind} in ${apiVersion}: check both names, and that its CustomResourceDefinition is installed.`,
    });
  }

  #group(apiVersion: string): Group {
    const found = this.#groups.get(apiVersion);
    if (found !== undefined) return found;
    const group: Group = {
      kinds: undefined,
      asking: new SharedWork(async (signal) => {
        group.kinds = await askKinds(this.#client, apiVersion, signal);
        return group.kinds;
      }),
    };
    this.#groups.set(apiVersion, group);
    return group;
  }
}

type Kinds = ReadonlyMap<string, KindNames>;

/** One group and version: what it was last found to serve, and the look-up that all who wait for it share. */
interface Group {
  kinds: Kinds | undefined;
  readonly asking: SharedWork<Kinds>;
}

async function askKinds(client: ClusterClient, apiVersion: string, signal: AbortSignal): Promise<Kinds> {
  const groupVersion = parseApiVersion(apiVersion);
  if (groupVersion === undefined) throw new TypeError(`not an apiVersion: ${JSON.stringify(apiVersion)}`);
  const { server, status, headers, body } = await client.request({
    method: 'GET',
    path: apiRoot(groupVersion),
    headers: { Accept: 'application/json' },
    signal,
  });
  const bytes = await readBody(body);
  // A group that nobody serves is an empty one.
  if (status === 404) return new Map();
  if (status !== 200) throw refusal(status, bytes, headers.get('location'));
  return new Map(parseResources(parseObject(bytes, { from: server })).map((resource) => [resource.kind, resource]));
}
