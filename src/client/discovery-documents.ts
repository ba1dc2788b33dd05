/** What API servers tell of the resources that they serve, from JSON to types. Go writes a list that is nil as null. */
import { formatApiVersion } from '../api/group-version.ts';
import { isRecord } from '../lib/is-record.ts';
import { notAsAsked } from './response-body.ts';

export interface ServedResource {
  kind: string;
  plural: string;
  namespaced: boolean;
  verbs: readonly string[];
}

export interface ServedVersion {
  apiVersion: string;
  /** The group's server was not reached: what it serves is not known. */
  isStale: boolean;
  resources: readonly ServedResource[];
}

/** Of an APIResourceList: without subresources. Throws StatusError for what is none. */
export function parseResources(document: unknown): ServedResource[] {
  const resources = recordsOf(recordOf(document).resources).map(({ name, kind, namespaced, verbs }) => ({
    kind: textOf(kind),
    plural: textOf(name),
    namespaced: namespaced === true,
    verbs: listOf(verbs).map(textOf),
  }));
  return resources.filter(({ plural }) => !plural.includes('/'));
}

/** Of an APIGroupList: each group's preferred version before its others. Throws StatusError for what is none. */
export function parseGroupVersions(document: unknown): string[] {
  return recordsOf(recordOf(document).groups).flatMap(({ preferredVersion, versions }) => {
    const all = recordsOf(versions).map(({ groupVersion }) => textOf(groupVersion));
    const preferred = isRecord(preferredVersion) ? preferredVersion.groupVersion : undefined;
    return [...new Set(typeof preferred === 'string' && preferred !== '' ? [preferred, ...all] : all)];
  });
}

/** Undefined where the server has no aggregated discovery and answers with what it has. Throws StatusError. */
export function parseGroupDiscovery(document: unknown): ServedVersion[] | undefined {
  const { kind, items } = recordOf(document);
  if (kind !== 'APIGroupDiscoveryList') return undefined;
  return recordsOf(items).flatMap(({ metadata, versions }) => {
    // The core group has no name.
    const group = textOf((isRecord(metadata) ? metadata.name : undefined) ?? '');
    return recordsOf(versions).map(({ version, freshness, resources }) => ({
      apiVersion: formatApiVersion({ group, version: textOf(version) }),
      isStale: freshness === 'Stale',
      resources: recordsOf(resources).map(({ resource, responseKind, scope, verbs }) => ({
        kind: textOf((isRecord(responseKind) ? responseKind.kind : undefined) ?? ''),
        plural: textOf(resource),
        namespaced: scope === 'Namespaced',
        verbs: listOf(verbs).map(textOf),
      })),
    }));
  });
}

const what = 'something that does not say what it serves';

function recordOf(value: unknown): Record<string, unknown> {
  if (!isRecord(value)) throw notAsAsked(what);
  return value;
}

function listOf(value: unknown): unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw notAsAsked(what);
  return value;
}

function recordsOf(value: unknown): Record<string, unknown>[] {
  return listOf(value).map(recordOf);
}

function textOf(value: unknown): string {
  if (typeof value !== 'string') throw notAsAsked(what);
  return value;
}
