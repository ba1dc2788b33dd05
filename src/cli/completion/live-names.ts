/** Names that a kubeconfig or a cluster has, for shell completion. */
import { kubeconfigPaths, readKubeconfig } from '../../client/kubeconfig-file.ts';
import { isRecord } from '../../lib/is-record.ts';
import { type ApiReader, openApiReader } from '../api-reader.ts';
import type { CommandIo } from '../command.ts';
import type { CompletionSource } from '../completion-source.ts';
import type { GlobalFlags } from '../flags.ts';
import { collectionPath, objectPath, withQuery } from '../get/request-path.ts';
import { discoverTypes, type ResourceType, type ResourceTypes, records } from '../get/resource-types.ts';
import type { Candidate, Completions } from './candidate.ts';
import { shells } from './scripts.ts';

interface Context {
  /** The arguments before the cursor. */
  args: readonly string[];
  /** The first argument, of which `containers` are. */
  podArgument: string | undefined;
  globals: GlobalFlags;
  io: CommandIo;
  signal: AbortSignal;
}

/** More names than that help nobody to choose, and take long. */
const maxNames = 500;

/** Throws what reading the kubeconfig or asking the cluster throws. */
export async function liveCompletions(source: CompletionSource, text: string, context: Context): Promise<Completions> {
  switch (source) {
    case 'nothing':
      return { candidates: [] };
    case 'shells':
      return {
        candidates: startingWith(
          text,
          shells.map((value) => ({ value })),
        ),
      };
    case 'files':
    case 'directories':
      return { candidates: [], paths: source };
    case 'contexts':
    case 'clusters':
    case 'users':
      return { candidates: startingWith(text, await kubeconfigNames(source, context)) };
  }
  await using reader = await openApiReader({ ...context, unattended: true });
  const names = new LiveNames(reader, context);
  const candidates = await names.from(source, text);
  return { candidates: startingWith(text, candidates) };
}

async function kubeconfigNames(
  list: 'contexts' | 'clusters' | 'users',
  { globals, io }: Pick<Context, 'globals' | 'io'>,
): Promise<Candidate[]> {
  const { paths, required } = kubeconfigPaths(globals.kubeconfig, io.env);
  const config = await readKubeconfig(paths, required);
  return [...config[list].keys()].map((value) => ({ value }));
}

function startingWith(text: string, candidates: readonly Candidate[]): Candidate[] {
  return candidates.filter(({ value }) => value.startsWith(text));
}

class LiveNames {
  readonly #reader: ApiReader;
  readonly #context: Context;
  readonly #types: ResourceTypes;

  constructor(reader: ApiReader, context: Context) {
    this.#reader = reader;
    this.#context = context;
    this.#types = discoverTypes(reader);
  }

  async from(source: CompletionSource, text: string): Promise<Candidate[]> {
    if (source === 'namespaces') return await this.#namesOf(['namespaces']);
    if (source === 'types') return await this.#typeNames(text);
    if (source === 'objects') return await this.#objects(text);
    if (source === 'containers') return await this.#containers();
    if (source === 'pods or TYPE/NAME') {
      if (text.includes('/')) return await this.#namesWithType(text);
      const owners = ['deployment/', 'service/', 'statefulset/', 'daemonset/', 'replicaset/', 'job/'];
      return [...(await this.#namesOf(['pods'])), ...owners.map((value) => ({ value }))];
    }
    return await this.#namesOf([source.replace(/^names of /, '')]);
  }

  /** `TYPE NAME...`, `TYPE/NAME...`. */
  async #objects(text: string): Promise<Candidate[]> {
    const [first, ...names] = this.#context.args;
    if (text.includes('/')) return await this.#namesWithType(text);
    if (first === undefined || first.includes('/')) return await this.#typeNames(text);
    const given = new Set(names);
    return (await this.#namesOf(first.split(','))).filter(({ value }) => !given.has(value));
  }

  async #namesWithType(text: string): Promise<Candidate[]> {
    const type = text.slice(0, text.indexOf('/'));
    const names = await this.#namesOf([type]);
    return names.map(({ value }) => ({ value: `${type}/${value}` }));
  }

  /** After a comma another type begins. */
  async #typeNames(text: string): Promise<Candidate[]> {
    const prefix = text.slice(0, text.lastIndexOf(',') + 1);
    const types = (await this.#types.all()).filter(({ verbs }) => verbs.length === 0 || verbs.includes('list'));
    const seen = new Map<string, ResourceType>();
    for (const type of types) {
      // A name that several groups have means the first; the others need their group.
      const first = seen.get(type.plural);
      if (first === undefined) seen.set(type.plural, type);
      else if (first.group !== type.group) seen.set(`${type.plural}.${type.group}`, type);
    }
    return [...seen].map(([name, { kind, shortNames }]) => ({
      value: `${prefix}${name}`,
      description: shortNames.length === 0 ? kind : `${kind} (${shortNames.join(', ')})`,
    }));
  }

  async #namesOf(words: readonly string[]): Promise<Candidate[]> {
    const types = (await Promise.all(words.map((word) => this.#types.resolve(word)))).flat();
    const lists = await Promise.all(types.map((type) => this.#list(type)));
    return lists.flat().map((value) => ({ value }));
  }

  async #list(type: ResourceType): Promise<string[]> {
    const { config } = this.#reader;
    const path = collectionPath({ type }, { namespace: config.namespace, allNamespaces: false });
    const accept = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';
    const list = await this.#reader.getJson(withQuery(path, { limit: String(maxNames) }), accept);
    return records(isRecord(list) ? list.items : []).flatMap(({ metadata }) =>
      isRecord(metadata) && typeof metadata.name === 'string' ? [metadata.name] : [],
    );
  }

  async #containers(): Promise<Candidate[]> {
    const name = this.#context.podArgument?.replace(/^pods?\//, '');
    if (name === undefined || name === '' || name.includes('/')) return [];
    const type = await this.#types.ofName('pods');
    const selection = { namespace: this.#reader.config.namespace, allNamespaces: false };
    const pod = await this.#reader.getJson(objectPath({ type, name }, selection));
    const spec = isRecord(pod) && isRecord(pod.spec) ? pod.spec : {};
    return [...records(spec.containers), ...records(spec.initContainers)].flatMap(({ name: container, image }) =>
      typeof container === 'string' ? [{ value: container, description: String(image ?? '') }] : [],
    );
  }
}
