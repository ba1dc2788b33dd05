/** For what is not there: the name that was most likely meant, asked of the server only now. */
import type { UnstructuredObject } from '../api/object.ts';
import { isReason } from '../api/status.ts';
import { isRecord } from '../lib/is-record.ts';
import type { ApiReader } from './api-reader.ts';
import type { Wanted } from './get/arguments.ts';
import { collectionPath, withQuery } from './get/request-path.ts';
import { records } from './get/resource-types.ts';
import { didYouMean, withHint } from './hint.ts';
import { nearest } from './nearest.ts';
import type { Objects } from './objects/open-objects.ts';
import type { Target } from './objects/select-targets.ts';

/** What of a reader is needed to find the names that there are. */
export type NameReader = Pick<ApiReader, 'config' | 'getJson'>;

/** More names than that are not searched for the one that was meant. */
const maxNames = 500;
const onlyNames = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';

/** The same error; where it says that one of these is not there, with a hint. */
export async function withNameHint(error: unknown, wanted: readonly Wanted[], reader: NameReader): Promise<unknown> {
  if (!isReason(error, 'NotFound')) return error;
  const { name, kind } = error.status.details ?? {};
  if (name === undefined) return error;
  const one = wanted.find((each) => each.name === name && each.type.plural === kind);
  if (one !== undefined) return withHint(error, await hintFor(one, name, reader));
  return kind === 'namespaces' ? withHint(error, didYouMean(nearest(name, await namespaceNames(reader)))) : error;
}

/** Undefined where there is such a namespace, and for those who may not list them. */
export async function missingNamespace(namespace: string, reader: NameReader): Promise<string | undefined> {
  const names = await namespaceNames(reader);
  if (names.length === 0 || names.length >= maxNames || names.includes(namespace)) return undefined;
  const close = didYouMean(nearest(namespace, names));
  return `there is no namespace "${namespace}"${close === undefined ? '' : `; ${close}`}`;
}

/** Asks for one object; an error that says that it is not there comes with a hint. */
export async function readNamed(objects: Objects, target: Target): Promise<UnstructuredObject> {
  try {
    return await objects.call(target, { method: 'GET' });
  } catch (error) {
    throw await withNameHint(error, [target], objects.reader);
  }
}

async function hintFor({ type, namespace }: Wanted, name: string, reader: NameReader): Promise<string | undefined> {
  const where = namespace ?? reader.config.namespace;
  const names = await namesOf(
    collectionPath({ type, namespace: where }, { namespace: where, allNamespaces: false }),
    reader,
  );
  // Where there is nothing at all, the place may be the wrong one.
  if (names.length === 0 && type.namespaced) return await missingNamespace(where, reader);
  // The object is there: what is missing is a subresource of it.
  if (names.includes(name)) return undefined;
  return didYouMean(nearest(name, names));
}

function namespaceNames(reader: NameReader): Promise<string[]> {
  return namesOf('/api/v1/namespaces', reader);
}

/** Who may not list them is told what was wrong all the same. */
async function namesOf(path: string, reader: NameReader): Promise<string[]> {
  try {
    const list = await reader.getJson(withQuery(path, { limit: String(maxNames) }), onlyNames);
    return records(isRecord(list) ? list.items : []).map(({ metadata }) =>
      isRecord(metadata) ? String(metadata.name ?? '') : '',
    );
  } catch {
    return [];
  }
}
