/** All services of one context, by one list of each kind. */

import type { KubeObject } from '../../api/object.ts';
import { StatusError } from '../../api/status.ts';
import type { Event, Pod, Service } from '../../api/types/core-v1.ts';
import type { EndpointSlice } from '../../api/types/discovery-v1.ts';
import type { ClusterClient } from '../../client/cluster-client.ts';
import { backendsOf } from '../../gateway/backends.ts';
import type { GatewayContext } from '../../gateway/contexts.ts';
import { guessServices, slicesOfPods } from '../../gateway/pods-as-endpoints.ts';
import { type ServiceView, viewService } from '../../ui/service-view.ts';
import { mayI } from '../why/checks/rights.ts';
import { readable } from '../why/facts.ts';
import { podTrouble } from '../why/pod-trouble.ts';
import { type ContextFacts, type NamespaceRights, type ServiceRow, serviceRow } from './service-row.ts';

export interface ReadServices {
  rows: ServiceRow[];
  /** Why not all is shown. */
  narrowed?: string;
}

/** In more namespaces than that all pods are listed at once. */
const fewNamespaces = 4;

/**
 * `namespace` undefined: all of them, or the context's own where not all may be seen. Rejects with what the server or the
 * network said.
 */
export async function readServices(
  { client, name, config }: GatewayContext,
  {
    namespace,
    facts,
    signal,
  }: { namespace: string | undefined; facts: Omit<ContextFacts, 'rights'>; signal: AbortSignal },
): Promise<ReadServices> {
  const read = async (where: string | undefined) => {
    const query = { ...(where !== undefined && { namespace: where }), signal };
    return Promise.all([
      listServices(client, where, signal),
      readable(client.resource<EndpointSlice>('discovery.k8s.io/v1', 'endpointslices').list(query)),
      clusterRights(client, where, signal),
    ]);
  };
  let narrowed: string | undefined;
  let answers: Awaited<ReturnType<typeof read>>;
  try {
    answers = await read(namespace);
  } catch (error) {
    if (!(error instanceof StatusError) || error.code !== 403 || namespace !== undefined) throw error;
    narrowed = `only the namespace "${config.namespace}" is shown: ${error.message}`;
    answers = await read(config.namespace);
  }
  const [services, slices, allRights] = answers;
  const bySlice = Map.groupBy(
    slices?.items ?? [],
    ({ metadata }) => `${metadata.namespace}/${metadata.labels?.['kubernetes.io/service-name']}`,
  );
  const viewOf = (service: Service, own: readonly EndpointSlice[]): ServiceView =>
    viewService(service, own, { context: name });
  const views = services.items.map((service) => {
    const ownSlices = bySlice.get(`${service.metadata.namespace}/${service.metadata.name}`) ?? [];
    return { service, ownSlices, view: viewOf(service, ownSlices) };
  });
  // Pods are asked for where somebody is not well, or where they alone tell.
  const unwell = views.filter(
    ({ service, view }) => service.spec?.selector !== undefined && (view.ready < view.total || view.total === 0),
  );
  const namespaces = new Set(unwell.map(({ view }) => view.namespace));
  const [pods, rights] = await Promise.all([
    podsOf(client, namespaces, { namespace: narrowed === undefined ? namespace : config.namespace, signal }),
    rightsOf(client, { namespaces: new Set(views.map(({ view }) => view.namespace)), known: allRights, signal }),
  ]);
  const whole: ContextFacts = {
    ...facts,
    rights: (at) => rights.get(at) ?? { portForward: undefined, proxyVerb: undefined },
  };
  const rows = views.map(({ service, ownSlices, view }) => {
    const own = matching(service, pods);
    const seen = slices === undefined ? viewOf(service, slicesOfPods(service, own)) : view;
    return serviceRow(seen, whole, {
      pod: trouble(own),
      ports: slices === undefined ? undefined : portTrouble(service, ownSlices),
    });
  });
  rows.sort((a, b) => (`${a.namespace}/${a.name}` < `${b.namespace}/${b.name}` ? -1 : 1));
  const guessed = services.areGuessed
    ? 'services may not be listed: these are told from the labels of pods'
    : undefined;
  const less = [narrowed, guessed].filter((why) => why !== undefined).join('; ');
  return { rows, ...(less !== '' && { narrowed: less }) };
}

/** Who may not list services has them told from the pods of a namespace. Rejects where those may not be seen either. */
async function listServices(
  client: ClusterClient,
  namespace: string | undefined,
  signal: AbortSignal,
): Promise<{ items: Service[]; areGuessed: boolean }> {
  try {
    const { items } = await client
      .resource<Service>('v1', 'services')
      .list({ ...(namespace !== undefined && { namespace }), signal });
    return { items, areGuessed: false };
  } catch (error) {
    if (!(error instanceof StatusError) || error.code !== 403 || namespace === undefined) throw error;
    const pods = await readable(client.resource<Pod>('v1', 'pods').list({ namespace, signal }));
    if (pods === undefined) throw error;
    return { items: guessServices(namespace, pods.items), areGuessed: true };
  }
}

async function podsOf(
  client: ClusterClient,
  namespaces: ReadonlySet<string>,
  { namespace, signal }: { namespace: string | undefined; signal: AbortSignal },
): Promise<Pod[]> {
  if (namespaces.size === 0) return [];
  const resource = client.resource<Pod>('v1', 'pods');
  const all = namespace === undefined && namespaces.size > fewNamespaces;
  const queries = all ? [{ signal }] : [...namespaces].map((each) => ({ namespace: each, signal }));
  const lists = await Promise.all(queries.map((query) => readable(resource.list(query))));
  return lists.flatMap((list) => list?.items ?? []);
}

function matching({ metadata, spec }: Service, pods: readonly Pod[]): Pod[] {
  const selector = Object.entries(spec?.selector ?? {});
  if (selector.length === 0) return [];
  return pods.filter(
    (pod: KubeObject) =>
      pod.metadata.namespace === metadata.namespace &&
      selector.every(([key, value]) => pod.metadata.labels?.[key] === value),
  );
}

/** Ready pods that have none of the ports: a `targetPort` by a name that they do not declare. */
function portTrouble(service: Service, slices: readonly EndpointSlice[]): string | undefined {
  const ports = (service.spec?.ports ?? []).filter(({ protocol = 'TCP' }) => protocol === 'TCP');
  const isReady = slices.some(({ endpoints }) =>
    // Null in an empty slice.
    endpoints?.some(({ targetRef, conditions }) => targetRef?.kind === 'Pod' && conditions?.ready !== false),
  );
  if (!isReady || ports.length === 0) return undefined;
  if (ports.some((port) => backendsOf({ service, slices }, port).length > 0)) return undefined;
  return `its pods have no port ${ports.map(({ port, targetPort = port }) => `"${targetPort}"`).join(', ')}`;
}

const noEvents: readonly Event[] = [];

function trouble(pods: readonly Pod[]): string | undefined {
  for (const pod of pods) {
    const found = podTrouble(pod, noEvents);
    if (found !== undefined) return `${pod.metadata.name}: ${found.says}`;
  }
  return undefined;
}

const forward = { verb: 'create', resource: 'pods', subresource: 'portforward' } as const;
const proxy = { verb: 'get', resource: 'services', subresource: 'proxy' } as const;

/** In every namespace, or in the one. */
async function clusterRights(
  client: ClusterClient,
  namespace: string | undefined,
  signal: AbortSignal,
): Promise<NamespaceRights> {
  const at = namespace === undefined ? {} : { namespace };
  const [portForward, proxyVerb] = await Promise.all(
    [forward, proxy].map((right) => readable(mayI(client, { ...right, ...at }, signal))),
  );
  return { portForward, proxyVerb };
}

/** So many namespaces are asked about one by one; of the others it is not told. */
const mostNamespaces = 50;

async function rightsOf(
  client: ClusterClient,
  { namespaces, known, signal }: { namespaces: ReadonlySet<string>; known: NamespaceRights; signal: AbortSignal },
): Promise<Map<string, NamespaceRights>> {
  if (known.portForward !== false) return new Map([...namespaces].map((namespace) => [namespace, known]));
  const asked = [...namespaces].slice(0, mostNamespaces);
  return new Map(
    await Promise.all(
      asked.map(async (namespace) => [namespace, await clusterRights(client, namespace, signal)] as const),
    ),
  );
}
