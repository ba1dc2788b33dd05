/** What the page shows of a Service: plain data, made from the Service and its EndpointSlices. */
import type { Service, ServicePort } from '../api/types/core-v1.ts';
import type { Endpoint, EndpointSlice } from '../api/types/discovery-v1.ts';
import { choosePort, speaksTls } from '../gateway/service-ports.ts';
import type { Ways } from '../gateway/ways.ts';
import { wayKey } from '../gateway/ways.ts';
import { looksLikeHttp } from './http-ports.ts';
import type { ServiceProblem } from './service-problem.ts';
import { problemOf } from './service-problem.ts';

export interface PortView {
  /** As the Service says: `http`, or empty. */
  name: string;
  port: number;
  protocol: string;
  /** The name under which the gateway serves this port to a browser, without the gateway's own ending. */
  stem?: string;
  /** The application speaks TLS there. */
  tls?: true;
  /** ADDRESS PORT of a ready pod that this machine reaches directly. */
  dial?: string;
  /** The same of a port that a browser is led to by name. */
  address?: string;
}

export interface ServiceView {
  /** The alias of a context besides the first; empty for the first. */
  context: string;
  namespace: string;
  name: string;
  type: string;
  /** `idle`: nothing of it is to be reached from here, and nothing is wrong with that. */
  state: 'ready' | 'partial' | 'down' | 'idle';
  ready: number;
  total: number;
  /** Where the name leads: the stem of the default port. */
  stem?: string;
  ports: PortView[];
  /** Some way leads to its pods. */
  reachable: boolean;
  /** What it is, where that is not plain. */
  note?: string;
  problem?: ServiceProblem;
}

/** Whose services they are. */
export interface ViewContext {
  /** Named in commands, so that they reach this cluster whatever the current context is. */
  context?: string | undefined;
  /** Of a context besides the first, whose host names must carry it. */
  alias?: string | undefined;
  ways?: Ways | undefined;
}

/** Only such names are put into host names and commands: what else a server may say is text. */
const label = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

export function viewService(
  service: Service,
  slices: readonly EndpointSlice[],
  { context, alias, ways }: ViewContext,
): ServiceView {
  const { name = '', namespace = '' } = service.metadata;
  const spec = service.spec ?? {};
  const endpoints = uniqueEndpoints(slices);
  const ready = endpoints.filter(isReady).length;
  const hasPods =
    spec.type !== 'ExternalName' &&
    (endpoints.some(({ targetRef }) => targetRef?.kind === 'Pod') || spec.selector !== undefined);
  const isNamed = label.test(name) && label.test(namespace);
  const ports = (spec.ports ?? []).slice(0, mostPorts);
  const stem = alias === undefined ? `${name}.${namespace}` : `${name}.${namespace}.svc.${alias}`;
  const choice = choosePort(service, undefined);
  const reachable = hasPods && isNamed;
  const main = reachable && choice.kind === 'port' && looksLikeHttp(choice.port) ? choice.port : undefined;
  const views = ports.map((port): PortView => {
    const view: PortView = { name: port.name ?? '', port: port.port, protocol: port.protocol ?? 'TCP' };
    if (!reachable) return view;
    const dial = dialOf(port, slices);
    if (looksLikeHttp(port)) {
      const own = port === main ? stem : portStem(port, { name, namespace, alias });
      return {
        ...view,
        ...(own !== undefined && { stem: own }),
        ...(speaksTls(port) && { tls: true as const }),
        ...(dial !== undefined && { address: dial }),
      };
    }
    return dial === undefined ? view : { ...view, dial };
  });
  const note = noteFor(service, { total: endpoints.length, hasPods, isNamed });
  const whyNotPortForward = ways?.whyNotPortForward(wayKey({ kind: 'service', namespace, name }));
  const problem = reachable ? problemOf(service, { endpoints, isReady, whyNotPortForward, context }) : undefined;
  return {
    context: alias ?? '',
    namespace,
    name,
    type: spec.clusterIP === 'None' ? 'Headless' : (spec.type ?? 'ClusterIP'),
    state: !reachable ? 'idle' : ready === 0 ? 'down' : ready < endpoints.length ? 'partial' : 'ready',
    ready,
    total: endpoints.length,
    ports: views,
    reachable,
    ...(main === undefined ? {} : { stem }),
    ...(note === undefined ? {} : { note }),
    ...(problem === undefined ? {} : { problem }),
  };
}

/** More than that nobody looks at, and Kubernetes allows few. */
const mostPorts = 100;

function portStem(
  port: ServicePort,
  { name, namespace, alias }: { name: string; namespace: string; alias: string | undefined },
): string | undefined {
  const first = port.name || String(port.port);
  return label.test(first) ? `${first}.${name}.${namespace}.svc${alias === undefined ? '' : `.${alias}`}` : undefined;
}

/** A pod has an endpoint in several slices when it has addresses of several families, or the Service many ports. */
function uniqueEndpoints(slices: readonly EndpointSlice[]): Endpoint[] {
  const endpoints = new Map<string, Endpoint>();
  for (const slice of slices) {
    for (const endpoint of slice.endpoints ?? []) {
      const key = endpoint.targetRef?.uid ?? endpoint.targetRef?.name ?? endpoint.addresses[0] ?? '';
      const known = endpoints.get(key);
      if (known === undefined || !isReady(known)) endpoints.set(key, endpoint);
    }
  }
  return [...endpoints.values()];
}

function isReady({ conditions }: Endpoint): boolean {
  return conditions?.ready !== false;
}

/** Pods of a cluster in loopback mode can be dialled from here, by UDP too. */
function dialOf(port: ServicePort, slices: readonly EndpointSlice[]): string | undefined {
  for (const slice of slices) {
    const at = slice.ports?.find((one) => (one.name ?? '') === (port.name ?? ''))?.port;
    const address = slice.endpoints?.find(isReady)?.addresses[0];
    if (at !== undefined && address !== undefined && /^127(\.\d{1,3}){3}$/.test(address)) return `${address} ${at}`;
  }
  return undefined;
}

function noteFor(
  { metadata, spec = {} }: Service,
  { total, hasPods, isNamed }: { total: number; hasPods: boolean; isNamed: boolean },
): string | undefined {
  const isApiServer = metadata.namespace === 'default' && metadata.name === 'kubernetes';
  if (!isNamed) return 'Its name is none that Kubernetes allows: no way is offered.';
  if (spec.type === 'ExternalName')
    return `An alias of ${spec.externalName ?? 'nothing'}, outside of the cluster: open that host itself.`;
  if (isApiServer) return 'The API server itself: it is at /api on this page’s address.';
  if (hasPods) return undefined;
  return total === 0
    ? 'It selects no pods, and nobody has given it endpoints.'
    : 'Its endpoints are not pods: no way leads there from here.';
}
