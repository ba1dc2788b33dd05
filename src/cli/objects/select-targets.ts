/** Which objects a command acts on: those of files, those named, or those that a selector finds. */
import { formatApiVersion } from '../../api/group-version.ts';
import type { UnstructuredObject } from '../../api/object.ts';
import { isRecord } from '../../lib/is-record.ts';
import type { ApiReader } from '../api-reader.ts';
import { CommandError, type CommandIo, KubectlOnly, UsageError } from '../command.ts';
import { parseArguments, type Wanted } from '../get/arguments.ts';
import { fetchObjects } from '../get/print-objects.ts';
import type { ResourceType, ResourceTypes } from '../get/resource-types.ts';
import { type Manifest, readManifests } from './read-manifests.ts';

/** One object, as much of it as is known. */
export interface Target {
  type: ResourceType;
  /** Absent for what lives in no namespace. */
  namespace?: string;
  name: string;
  /** The file that named it. */
  source?: string;
  /** As in its file, or as the server has it. Absent where only the name is known. */
  object?: UnstructuredObject;
}

/** What `fileFlags` and `selectionFlags` say. */
export interface Selecting {
  filename: readonly string[];
  recursive?: boolean | undefined;
  kustomize?: string | undefined;
  selector?: string | undefined;
  'field-selector'?: string | undefined;
  all?: boolean | undefined;
  'all-namespaces'?: boolean | undefined;
}

export interface SelectContext {
  reader: ApiReader;
  types: ResourceTypes;
  io: CommandIo;
  signal: AbortSignal;
  /** The user named it by a flag: objects of files must agree. */
  namespaceGiven: boolean;
}

/** Who is acted on, and what was wrong with objects of files that are left out. */
export interface Selection {
  targets: Target[];
  problems: CommandError[];
}

/**
 * Throws UsageError where nothing or contradictory things were chosen, CommandError for files and types that cannot be
 * used and for the first object of a file that cannot be, StatusError for lists that were refused.
 */
export async function selectTargets(
  words: readonly string[],
  choice: Selecting,
  context: SelectContext,
): Promise<Target[]> {
  const { targets, problems } = await selectSomeTargets(words, choice, context);
  if (problems[0] !== undefined) throw problems[0];
  return targets;
}

/** The same for commands that go on with the other objects. */
export async function selectSomeTargets(
  words: readonly string[],
  choice: Selecting,
  context: SelectContext,
): Promise<Selection> {
  checkChoice(words, choice);
  if (choice.filename.length > 0) return fromFiles(choice, context);
  const wanted = await parseArguments(words, context.types);
  const found = await Promise.all(wanted.map((one) => fromWanted(one, choice, context)));
  return { targets: found.flat(), problems: [] };
}

function checkChoice(words: readonly string[], choice: Selecting): void {
  const { filename, kustomize, selector, all } = choice;
  const fieldSelector = choice['field-selector'];
  if (kustomize !== undefined) {
    throw new KubectlOnly('-k (kustomizations) is not supported here');
  }
  const selects = selector !== undefined || fieldSelector !== undefined || all === true;
  if (filename.length > 0) {
    if (words.length > 0) throw new UsageError(`give files (-f) or names ("${words[0]}"), not both`);
    if (selects)
      throw new UsageError('--selector, --field-selector and --all choose among a type: they do not go with -f');
    return;
  }
  if (words.length === 0) {
    throw new UsageError('say which objects: TYPE NAME, TYPE/NAME, a TYPE with -l or --all, or a file with -f');
  }
  if (all === true && selector !== undefined) throw new UsageError('--all and --selector exclude each other');
  if (all === true && fieldSelector !== undefined)
    throw new UsageError('--all and --field-selector exclude each other');
}

async function fromWanted(wanted: Wanted, choice: Selecting, { reader }: SelectContext): Promise<Target[]> {
  const { type, name } = wanted;
  const { selector, all } = choice;
  const fieldSelector = choice['field-selector'];
  const allNamespaces = choice['all-namespaces'] === true;
  const { namespace } = reader.config;
  if (name !== undefined) {
    if (selector !== undefined || fieldSelector !== undefined || all === true) {
      throw new UsageError('names and selectors exclude each other: give one or the other');
    }
    if (allNamespaces && type.namespaced)
      throw new UsageError('an object is named within one namespace: use -n NAMESPACE instead of -A');
    return [{ type, name, ...(type.namespaced && { namespace }) }];
  }
  if (selector === undefined && fieldSelector === undefined && all !== true) {
    throw new UsageError(`which of the ${type.plural}? Give a name, a selector (-l) or --all`);
  }
  const objects = await fetchObjects(reader, wanted, {
    namespace,
    allNamespaces,
    labelSelector: selector,
    fieldSelector,
  });
  return objects.flatMap((object) => {
    const found = {
      ...object,
      apiVersion: formatApiVersion(type),
      kind: type.kind,
      metadata: isRecord(object.metadata) ? object.metadata : {},
    };
    const known = found.metadata.namespace;
    const its = typeof known === 'string' && known !== '' ? { namespace: known } : {};
    const target: Target = { type, name: String(found.metadata.name ?? ''), ...its, object: found };
    return target.name === '' ? [] : [target];
  });
}

/** Targets of manifests, with their namespace filled in; none for files without an object. Objects with generateName alone have an empty name. */
async function fromFiles(choice: Selecting, context: SelectContext): Promise<Selection> {
  const { io, signal } = context;
  const files = { files: choice.filename, recursive: choice.recursive === true, io, signal };
  const manifests = await readManifests(files);
  const targets: Target[] = [];
  const problems: CommandError[] = [];
  for (const manifest of manifests) {
    try {
      if (manifest instanceof CommandError) throw manifest;
      targets.push(await placed(manifest, context));
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      problems.push(error);
    }
  }
  return { targets, problems };
}

/** Throws CommandError for an object that the server cannot have or that contradicts -n. */
async function placed({ source, object }: Manifest, context: SelectContext): Promise<Target> {
  const { reader, types, namespaceGiven } = context;
  const { name = '', generateName = '', namespace: own = '' } = object.metadata;
  const type = await types.ofKind(object.apiVersion, object.kind).catch((error: unknown) => {
    throw error instanceof CommandError ? new CommandError(`${source}: ${error.message}`) : error;
  });
  if (name === '' && generateName === '') throw new CommandError(`${source} holds a ${object.kind} without a name`);
  if (!type.namespaced) return { type, name, source, object };
  const { namespace } = reader.config;
  if (namespaceGiven && own !== '' && own !== namespace) {
    throw new CommandError(
      `${source}: ${object.kind} "${name || generateName}" belongs to namespace "${own}", but -n says "${namespace}"; leave -n out or make them agree`,
    );
  }
  const itsNamespace = own === '' ? namespace : own;
  const inIt = { ...object, metadata: { ...object.metadata, namespace: itsNamespace } };
  return { type, name, source, namespace: itsNamespace, object: inIt };
}
