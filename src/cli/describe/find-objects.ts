/** Which objects are described: those of files, those named, all of a type, or those whose names begin so. */
import type { UnstructuredObject } from '../../api/object.ts';
import { isReason, StatusError } from '../../api/status.ts';
import { listing } from '../../client/listing.ts';
import { UsageError } from '../command.ts';
import { parseArguments, type Wanted } from '../get/arguments.ts';
import type { ResourceType } from '../get/resource-types.ts';
import { nearest } from '../nearest.ts';
import type { Objects } from '../objects/open-objects.ts';

export interface Finding {
  filename: readonly string[];
  recursive: boolean | undefined;
  selector: string | undefined;
  allNamespaces: boolean;
  /** Objects that one request of a list asks for; 0: all. */
  pageSize: number;
  signal: AbortSignal;
}

export interface Found {
  objects: readonly { type: ResourceType; object: UnstructuredObject }[];
  /** What the server refused; the others are described all the same. */
  errors: readonly StatusError[];
  /** No object has the name that was given: these begin with it. */
  byPrefix: boolean;
  /** Where a name is not there and none begins with it: the name that was most likely meant. */
  close?: string | undefined;
}

/** Throws UsageError for words that contradict one another, and CommandError for types and files that cannot be used. */
export async function findObjects(words: readonly string[], finding: Finding, objects: Objects): Promise<Found> {
  checkWords(words, finding);
  if (finding.filename.length > 0) return fromFiles(finding, objects);
  const wanted = await parseArguments(words, objects.types);
  checkNames(wanted, finding);
  const found = await Promise.all(wanted.map((one) => refusals(() => fromWanted(one, finding, objects))));
  const [only] = wanted;
  const [first] = found;
  const missing = first?.errors.length === 1 && first.errors.every((error) => isReason(error, 'NotFound'));
  if (only?.name !== undefined && wanted.length === 1 && words.length === 2 && missing) {
    const { name, type } = only;
    // Who may read one need not be allowed to list them: it is not there, and that is all there is to say.
    const all = (await refusals(() => list(type, finding, objects))).objects;
    const begins = all.filter(({ object }) => object.metadata.name?.startsWith(name));
    if (begins.length > 0) return { objects: begins, errors: [], byPrefix: true };
    const names = all.map(({ object }) => object.metadata.name ?? '');
    return { objects: [], errors: first?.errors ?? [], byPrefix: false, close: nearest(name, names) };
  }
  return {
    objects: found.flatMap((one) => one.objects),
    errors: found.flatMap(({ errors }) => errors),
    byPrefix: false,
  };
}

type Objected = Found['objects'][number];

function checkWords(words: readonly string[], { filename, selector }: Finding): void {
  if (filename.length > 0) {
    if (words.length > 0) throw new UsageError(`give files (-f) or names ("${words[0]}"), not both`);
    if (selector !== undefined) throw new UsageError('--selector chooses among a type: it does not go with -f');
  } else if (words.length === 0) {
    throw new UsageError('say what to describe: a TYPE, TYPE NAME, TYPE/NAME, or a file with -f');
  }
}

function checkNames(wanted: readonly Wanted[], { selector, allNamespaces }: Finding): void {
  if (wanted.every(({ name }) => name === undefined)) return;
  if (selector !== undefined) {
    throw new UsageError('names and selectors exclude each other: give one or the other');
  }
  if (allNamespaces && wanted.some(({ name, type }) => name !== undefined && type.namespaced))
    throw new UsageError('an object is named within one namespace: use -n NAMESPACE instead of -A');
}

async function fromWanted({ type, name }: Wanted, finding: Finding, objects: Objects): Promise<Objected[]> {
  if (name === undefined) return list(type, finding, objects);
  const { namespace } = objects.reader.config;
  const object = await objects.read({ type, name, ...(type.namespaced && { namespace }) });
  return [{ type, object }];
}

async function list(
  type: ResourceType,
  { selector, allNamespaces, pageSize, signal }: Finding,
  { resource, reader, warn }: Objects,
): Promise<Objected[]> {
  const { namespace } = reader.config;
  const all = await listing(resource(type), {
    pageSize,
    signal,
    onWarning: warn,
    ...(type.namespaced && !allNamespaces && { namespace }),
    ...(selector !== undefined && { labelSelector: selector }),
  }).toArray();
  return all.map((object) => ({ type, object }));
}

async function fromFiles({ filename, recursive }: Finding, objects: Objects): Promise<Found> {
  const targets = await objects.select([], { filename, recursive });
  const found = await Promise.all(
    targets.map((target) =>
      refusals(async () => [{ type: target.type, object: await objects.call(target, { method: 'GET' }) }]),
    ),
  );
  return {
    objects: found.flatMap((one) => one.objects),
    errors: found.flatMap(({ errors }) => errors),
    byPrefix: false,
  };
}

async function refusals(find: () => Promise<Objected[]>): Promise<{ objects: Objected[]; errors: StatusError[] }> {
  try {
    return { objects: await find(), errors: [] };
  } catch (error) {
    if (error instanceof StatusError && error.code !== 401) return { objects: [], errors: [error] };
    throw error;
  }
}
