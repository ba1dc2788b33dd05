/** What the page shows of a Service: plain data, made from the Service and its EndpointSlices. */
import type { Service, ServicePort } from '../api/types/core-v1.ts';
import type { Endpoint, EndpointSlice } from '../api/types/discovery-v1.ts';
import { choosePort } from '../gateway/service-ports.ts';
import type { Ways } from '../gateway/ways.ts';
import { wayKey } from '../gateway/ways.ts';
import { looksLikeHttp } from './http-ports.ts';
import { kubectlFor } from './kubectl-line.ts';

export interface PortView {
  /** As the Service says: `http`, or empty. */
  name: string;
  port: number;
  protocol: string;
  /** The host under which the gateway serves this port to a browser; absent for what is not HTTP. */
  host?: string;
  /** What to type to reach a port that is not for browsers. */
  command?: string;
}

export interface ServiceView {
  /** Of a context besides the first: its name, and the label that stands for it in host names. */
  context?: { name: string; alias: string };
  namespace: string;
  name: string;
  type: string;
  ready: number;
  total: number;
  /** Where the name leads: the host of the default port. */
  host?: string;
  ports: PortView[];
  /** A sentence, where the service cannot be reached. */
  note?: string;
}

/** Whose services they are. */
export interface ViewContext {
  /** Named in commands, so that they reach this cluster whatever the current context is. */
  context?: string | undefined;
  /** Of a context besides the first, whose host names must carry it. */
  alias?: string | undefined;
  ways?: Ways | undefined;
}

export function viewService(
  service: Service,
  slices: readonly EndpointSlice[],
  { context, alias, ways }: ViewContext,
): ServiceView {
  const { name = '', namespace = '' } = service.metadata;
  const spec = service.spec ?? {};
  const endpoints = uniqueEndpoints(slices);
  const ready = endpoints.filter(isReady);
  const hasPods = endpoints.some(({ targetRef }) => targetRef?.kind === 'Pod') || spec.selector !== undefined;
  const ports = spec.ports ?? [];
  const host = alias === undefined ? `${name}.${namespace}.localhost` : `${name}.${namespace}.svc.${alias}.localhost`;
  const choice = choosePort(service, undefined);
  const main = hasPods && choice.kind === 'port' && looksLikeHttp(choice.port) ? choice.port : undefined;
  const views = ports.map((port): PortView => {
    const view: PortView = { name: port.name ?? '', port: port.port, protocol: port.protocol ?? 'TCP' };
    if (!hasPods) return view;
    if (looksLikeHttp(port)) {
      return { ...view, host: port === main ? host : portHost(port, { name, namespace, alias }) };
    }
    const command = commandFor(port, { name, namespace, slices, context });
    return command === undefined ? view : { ...view, command };
  });
  const note =
    noteFor(service, { ready: ready.length, total: endpoints.length, hasPods }) ??
    wayNote(ways?.whyNotPortForward(wayKey({ kind: 'service', namespace, name })));
  return {
    ...(alias !== undefined && { context: { name: context ?? alias, alias } }),
    namespace,
    name,
    type: spec.clusterIP === 'None' ? 'Headless' : (spec.type ?? 'ClusterIP'),
    ready: ready.length,
    total: endpoints.length,
    ports: views,
    ...(main === undefined ? {} : { host }),
    ...(note === undefined ? {} : { note }),
  };
}

function portHost(
  port: ServicePort,
  { name, namespace, alias }: { name: string; namespace: string; alias: string | undefined },
): string {
  return `${port.name ?? port.port}.${name}.${namespace}.svc${alias === undefined ? '' : `.${alias}`}.localhost`;
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

interface Place {
  name: string;
  namespace: string;
  slices: readonly EndpointSlice[];
  context: string | undefined;
}

/** Pods of a cluster in loopback mode can be dialled; elsewhere kubectl forwards TCP, and nothing forwards UDP. */
function commandFor(port: ServicePort, { name, namespace, slices, context }: Place): string | undefined {
  for (const slice of slices) {
    const at = slice.ports?.find((one) => (one.name ?? '') === (port.name ?? ''))?.port;
    const address = slice.endpoints?.find(isReady)?.addresses[0];
    if (at === undefined || address?.startsWith('127.') !== true) continue;
    return port.protocol === 'UDP' ? `nc -u ${address} ${at}` : `nc ${address} ${at}`;
  }
  if ((port.protocol ?? 'TCP') !== 'TCP') return undefined;
  return `${kubectlFor(context)} -n ${namespace} port-forward service/${name} ${port.port}`;
}

function noteFor(
  { metadata, spec = {} }: Service,
  { ready, total, hasPods }: { ready: number; total: number; hasPods: boolean },
): string | undefined {
  const isApiServer = metadata.namespace === 'default' && metadata.name === 'kubernetes';
  if (spec.type === 'ExternalName') return `An alias of ${spec.externalName ?? 'nothing'}, outside of the cluster.`;
  if (isApiServer) return 'The API server itself.';
  if (!hasPods) return total === 0 ? 'It selects no pods.' : 'Its endpoints are not pods.';
  if (total === 0) {
    const selector = Object.entries(spec.selector ?? {}).map(([key, value]) => `${key}=${value}`);
    return `No pod matches its selector ${selector.join(',')}.`;
  }
  return ready === 0 ? 'None of its pods is ready.' : undefined;
}

function wayNote(whyNotPortForward: string | undefined): string | undefined {
  if (whyNotPortForward === undefined) return undefined;
  return `Reached by the API server's proxy verb, for HTTP only: a port-forward was refused (${whyNotPortForward}).`;
}
