/** Which resources a cluster serves, from its aggregated discovery documents or, where it has none, the older ones. */
import { formatApiVersion } from '../api/group-version.ts';
import type { APIGroupList, APIResource, APIResourceList } from '../api/types/meta-v1.ts';
import { isRecord } from '../lib/is-record.ts';
import type { ClusterClient } from './cluster-client.ts';
import { readBody, refusal } from './response-body.ts';

export interface DiscoveredResource {
  /** The group's preferred version, or the first one that has the resource. */
  apiVersion: string;
  group: string;
  kind: string;
  plural: string;
  namespaced: boolean;
  verbs: readonly string[];
}

export interface Discovery {
  resources: readonly DiscoveredResource[];
  /** Group versions that could not be asked (a broken extension server): what they serve is not known. */
  failed: readonly string[];
}

const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';

/** Without subresources; every resource once. */
export async function discoverResources(client: ClusterClient, signal?: AbortSignal): Promise<Discovery> {
  const [core, groups] = await Promise.all([
    getJson(client, '/api', aggregated, signal),
    getJson(client, '/apis', aggregated, signal),
  ]);
  const found = new Map<string, DiscoveredResource>();
  const failed: string[] = [];
  const add = (resource: DiscoveredResource) => {
    const key = `${resource.group}/${resource.plural}`;
    if (!found.has(key)) found.set(key, resource);
  };
  if (isGroupDiscovery(core) && isGroupDiscovery(groups)) {
    for (const { metadata, versions = [] } of [...core.items, ...groups.items]) {
      const group = metadata?.name ?? '';
      for (const { version, freshness, resources = [] } of versions) {
        const apiVersion = formatApiVersion({ group, version });
        if (freshness === 'Stale') failed.push(apiVersion);
        for (const { resource, responseKind, scope, verbs = [] } of resources) {
          const kind = responseKind?.kind ?? '';
          add({ apiVersion, group, kind, plural: resource, namespaced: scope === 'Namespaced', verbs });
        }
      }
    }
  } else {
    for (const [apiVersion, path] of plainVersions(groups)) {
      try {
        // The shape that this path has since Kubernetes 1.0.
        const list = (await getJson(client, path, 'application/json', signal)) as APIResourceList;
        for (const resource of list.resources ?? []) addPlain(apiVersion, resource, add);
      } catch (error) {
        if (signal?.aborted) throw error;
        failed.push(apiVersion);
      }
    }
  }
  return { resources: [...found.values()], failed };
}

interface GroupDiscovery {
  items: {
    metadata?: { name?: string };
    versions?: {
      version: string;
      freshness?: string;
      resources?: { resource: string; responseKind?: { kind: string }; scope: string; verbs?: string[] }[];
    }[];
  }[];
}

function isGroupDiscovery(document: unknown): document is GroupDiscovery {
  return isRecord(document) && document.kind === 'APIGroupDiscoveryList' && Array.isArray(document.items);
}

/** The core group first, then each group's preferred version before its others. */
function plainVersions(document: unknown): [apiVersion: string, path: string][] {
  const list = document as APIGroupList;
  const versions: [string, string][] = [['v1', '/api/v1']];
  for (const { versions: all, preferredVersion } of list.groups ?? []) {
    const names = new Set([preferredVersion?.groupVersion, ...all.map(({ groupVersion }) => groupVersion)]);
    for (const name of names) if (name !== undefined) versions.push([name, `/apis/${name}`]);
  }
  return versions;
}

function addPlain(apiVersion: string, resource: APIResource, add: (resource: DiscoveredResource) => void): void {
  const { name, kind, namespaced, verbs } = resource;
  if (name.includes('/')) return;
  const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
  add({ apiVersion, group, kind, plural: name, namespaced, verbs });
}

async function getJson(client: ClusterClient, path: string, accept: string, signal?: AbortSignal): Promise<unknown> {
  const response = await client.request({
    method: 'GET',
    path,
    headers: { Accept: accept },
    ...(signal && { signal }),
  });
  const body = await readBody(response.body);
  if (response.status !== 200) throw refusal(response.status, body);
  return JSON.parse(body.toString('utf8'));
}
