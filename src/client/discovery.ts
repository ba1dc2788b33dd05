/** Which resources a cluster serves, from its aggregated discovery documents or, where it has none, the older ones. */
import type { ClusterClient } from './cluster-client.ts';
import type { ServedResource } from './discovery-documents.ts';
import { parseGroupDiscovery, parseGroupVersions, parseResources } from './discovery-documents.ts';
import { parseObject, readBody, refusal } from './response-body.ts';

export interface DiscoveredResource extends ServedResource {
  /** The group's preferred version, or the first one that has the resource. */
  apiVersion: string;
  group: string;
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
  const add = (apiVersion: string, resource: ServedResource) => {
    const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
    const key = `${group}/${resource.plural}`;
    if (!found.has(key)) found.set(key, { apiVersion, group, ...resource });
  };
  const [ofCore, ofGroups] = [parseGroupDiscovery(core), parseGroupDiscovery(groups)];
  if (ofCore !== undefined && ofGroups !== undefined) {
    for (const { apiVersion, isStale, resources } of [...ofCore, ...ofGroups]) {
      if (isStale) failed.push(apiVersion);
      for (const resource of resources) add(apiVersion, resource);
    }
  } else {
    const versions = parseGroupVersions(groups).map((name) => [name, `/apis/${name}`] as const);
    for (const [apiVersion, path] of [['v1', '/api/v1'] as const, ...versions]) {
      try {
        const resources = parseResources(await getJson(client, path, 'application/json', signal));
        for (const resource of resources) add(apiVersion, resource);
      } catch (error) {
        if (signal?.aborted) throw error;
        failed.push(apiVersion);
      }
    }
  }
  return { resources: [...found.values()], failed };
}

async function getJson(client: ClusterClient, path: string, accept: string, signal?: AbortSignal): Promise<unknown> {
  const response = await client.request({
    method: 'GET',
    path,
    headers: { Accept: accept },
    ...(signal && { signal }),
  });
  const body = await readBody(response.body);
  if (response.status !== 200) throw refusal(response.status, body, response.headers.get('location'));
  return parseObject(body, { from: response.server });
}
