/** The kinds of a cluster by the names that people use, from its discovery documents. */
import { apiRoot, formatApiVersion, parseApiVersion } from '../../api/group-version.ts';
import { isRecord } from '../../lib/is-record.ts';
import type { ApiReader } from '../api-reader.ts';
import { CommandError } from '../command.ts';
import { nearest } from '../nearest.ts';
import { type KeptTypes, keepTypes, readKeptTypes } from './kept-types.ts';

export interface ResourceType {
  group: string;
  version: string;
  plural: string;
  singular: string;
  kind: string;
  namespaced: boolean;
  shortNames: readonly string[];
  categories: readonly string[];
  verbs: readonly string[];
}

const aggregated =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json';

export interface ResourceTypes {
  /**
   * The types that one word means: one, or all of a category, each in the version that its server prefers. Throws
   * CommandError for a word that means nothing.
   */
  resolve(word: string): Promise<ResourceType[]>;
  /** The one type of that name, where a category has no place. Throws CommandError where the server does not have it. */
  ofName(word: string): Promise<ResourceType>;
  /** The type of an object. Throws CommandError where the server does not have it. */
  ofKind(apiVersion: string, kind: string): Promise<ResourceType>;
  /** All of them, in the server's order. */
  all(): Promise<ResourceType[]>;
}

/** What of a reader is needed to find its server's kinds. */
type TypesReader = Pick<ApiReader, 'keptTypes' | 'getJson'> & Partial<Pick<ApiReader, 'warn'>>;

/** Resolving to what the server says, the core group apart: it comes first and holds what people ask most. */
interface Discovery {
  core: Promise<readonly ResourceType[]>;
  others: Promise<readonly ResourceType[]>;
}

/**
 * What is kept of an earlier discovery counts first; for what that does not know the server is asked. `fresh`: the server is
 * asked at once.
 */
export function discoverTypes(reader: TypesReader, { fresh = false }: { fresh?: boolean } = {}): ResourceTypes {
  const kept = fresh ? undefined : readKeptTypes(reader.keptTypes);
  let discovery = kept === undefined ? ask(reader) : known(kept);
  let asked = kept === undefined;
  async function find<T>(search: (discovery: Discovery) => Promise<T | undefined>): Promise<T | undefined> {
    const found = await search(discovery);
    if (found !== undefined || asked) return found;
    asked = true;
    discovery = ask(reader);
    return await search(discovery);
  }
  const all = async ({ core, others }: Discovery): Promise<ResourceType[]> => [...(await core), ...(await others)];
  async function named(types: Discovery, word: string): Promise<ResourceType | undefined> {
    const wanted = word.toLowerCase();
    const inCore = wanted.includes('.') ? undefined : match(await types.core, wanted);
    const found = inCore ?? match(await all(types), wanted);
    if (reader.warn !== undefined && found?.shortNames.includes(wanted)) {
      // Who is answered without the other groups needs no warning of them.
      const known = await all(types).catch(() => []);
      for (const other of alsoMeant(wanted, found, known)) {
        reader.warn(`short name "${wanted}" could also match lower priority resource ${resourceName(other)}`);
      }
    }
    return found;
  }
  async function missing(word: string): Promise<never> {
    const error = new CommandError(`the server doesn't have a resource type "${word}"`);
    const { didYouMean, withHint } = await import('../hint.ts');
    throw withHint(error, didYouMean(nearestType(word.toLowerCase(), await all(discovery))));
  }
  return {
    async resolve(word) {
      const found = await find(async (types) => {
        const one = await named(types, word);
        if (one !== undefined) return [one];
        const category = inCategory(await all(types), word);
        return category.length > 0 ? category : undefined;
      });
      return found ?? (await missing(word));
    },
    ofName: async (word) => (await find((types) => named(types, word))) ?? (await missing(word)),
    async ofKind(apiVersion, kind) {
      const wanted = parseApiVersion(apiVersion);
      const found = await find(async ({ core, others }) => {
        const types = wanted?.group === '' ? await core : await others;
        return types.find(
          (type) => type.kind === kind && type.group === wanted?.group && type.version === wanted.version,
        );
      });
      if (found !== undefined) return found;
      const elsewhere = (await all(discovery)).filter((type) => type.kind === kind);
      const there = [...new Set(elsewhere.map(formatApiVersion))].join(', ');
      throw new CommandError(
        `the server has no kind "${kind}" in version "${apiVersion}"${there === '' ? '; if a CustomResourceDefinition brings it, create that first' : `; it has it in ${there}`}`,
      );
    },
    all: () => all(discovery),
  };
}

/** Of each resource the version that the server puts first. */
export function preferredOf(types: readonly ResourceType[]): ResourceType[] {
  const first = new Map<string, ResourceType>();
  for (const type of types) {
    if (!first.has(resourceName(type))) first.set(resourceName(type), type);
  }
  return [...first.values()];
}

/** A resource belongs to it by any of its versions. */
function inCategory(types: readonly ResourceType[], category: string): ResourceType[] {
  const members = new Set(types.filter(({ categories }) => categories.includes(category)).map(resourceName));
  return preferredOf(types).filter((type) => members.has(resourceName(type)));
}

/** What else has the short name by which a type was found. */
function alsoMeant(word: string, found: ResourceType, types: readonly ResourceType[]): ResourceType[] {
  if (found.plural === word || found.singular === word) return [];
  const others = types.filter((type) => type.shortNames.includes(word) && resourceName(type) !== resourceName(found));
  return preferredOf(others);
}

/** `pods`, `deployments.apps`. */
function resourceName({ plural, group }: ResourceType): string {
  return group === '' ? plural : `${plural}.${group}`;
}

function known({ core, others }: KeptTypes): Discovery {
  return { core: Promise.resolve(core), others: Promise.resolve(others) };
}

/** Keeps the answers for the next run. */
function ask(reader: TypesReader): Discovery {
  const core = discover(reader, '/api');
  const others = discover(reader, '/apis');
  Promise.all([core, others]).then(
    ([coreTypes, otherTypes]) => keepTypes(reader.keptTypes, { core: coreTypes, others: otherTypes }),
    // Whoever asks for the types is told.
    () => {},
  );
  return { core, others };
}

/** By any of its names; a group that was given goes with it. */
function nearestType(wanted: string, types: readonly ResourceType[]): string | undefined {
  const at = wanted.indexOf('.');
  const group = at < 0 ? '' : wanted.slice(at);
  const names = types.flatMap(({ plural, singular, shortNames }) => [plural, singular, ...shortNames]);
  const close = nearest(at < 0 ? wanted : wanted.slice(0, at), names);
  const whole = `${close}${group}`;
  return close !== undefined && (group === '' || match(types, whole) !== undefined) ? whole : undefined;
}

/** `pods`, `pod`, `po`; `deployments.apps`; `deployments.v1.apps`. */
function match(types: readonly ResourceType[], wanted: string): ResourceType | undefined {
  const at = wanted.indexOf('.');
  if (at < 0) return byName(types, wanted);
  const name = wanted.slice(0, at);
  const rest = wanted.slice(at + 1);
  return byName(
    types.filter(({ group, version }) => rest === group || rest === `${version}.${group}` || rest === version),
    name,
  );
}

function byName(types: readonly ResourceType[], name: string): ResourceType | undefined {
  return (
    types.find(({ plural, singular }) => plural === name || singular === name) ??
    types.find(({ shortNames }) => shortNames.includes(name)) ??
    types.find(({ kind }) => kind.toLowerCase() === name)
  );
}

async function discover(reader: TypesReader, path: '/api' | '/apis'): Promise<ResourceType[]> {
  const answer = await reader.getJson(path, aggregated);
  if (isRecord(answer) && answer.kind === 'APIGroupDiscoveryList') return fromAggregated(answer);
  return fromPlain(reader, path, answer);
}

function fromAggregated(answer: Record<string, unknown>): ResourceType[] {
  return records(answer.items).flatMap((item) => {
    const group = text(isRecord(item.metadata) ? item.metadata.name : undefined);
    return records(item.versions).flatMap((version) =>
      records(version.resources).map((resource) => {
        const kind = isRecord(resource.responseKind) ? resource.responseKind : {};
        return {
          group,
          version: text(version.version),
          plural: text(resource.resource),
          singular: text(resource.singularResource),
          kind: text(kind.kind),
          namespaced: resource.scope === 'Namespaced',
          shortNames: texts(resource.shortNames),
          categories: texts(resource.categories),
          verbs: texts(resource.verbs),
        };
      }),
    );
  });
}

/** Servers before 1.26, and others that know no aggregated form: one document for each group version. */
async function fromPlain(reader: TypesReader, path: string, answer: unknown): Promise<ResourceType[]> {
  if (!isRecord(answer)) return [];
  const apiVersions =
    path === '/api'
      ? texts(answer.versions)
      : records(answer.groups).map((group) =>
          text(isRecord(group.preferredVersion) ? group.preferredVersion.groupVersion : ''),
        );
  const lists = await Promise.all(
    apiVersions.map(async (apiVersion) => {
      const groupVersion = parseApiVersion(apiVersion);
      if (groupVersion === undefined) return [];
      const list = await reader.getJson(apiRoot(groupVersion));
      return records(isRecord(list) ? list.resources : [])
        .filter(({ name }) => !text(name).includes('/'))
        .map((resource) => ({
          ...groupVersion,
          plural: text(resource.name),
          singular: text(resource.singularName),
          kind: text(resource.kind),
          namespaced: resource.namespaced === true,
          shortNames: texts(resource.shortNames),
          categories: texts(resource.categories),
          verbs: texts(resource.verbs),
        }));
    }),
  );
  return lists.flat();
}

export function records(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}
