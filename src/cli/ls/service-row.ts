/** What `ls` tells of one service: how it is reached, and how it is. */
import type { PortView, ServiceView } from '../../ui/service-view.ts';
import { forwardParts } from '../forward/named-forward.ts';
import type { RecordedForward, RunningGateway } from '../proxy/running-gateways.ts';
import { gatewayUrl } from '../reach/gateway-url.ts';

/** `none` has a reason. */
export type ServiceWay =
  | { way: 'host name'; url: string }
  | { way: 'local port'; address: string }
  | { way: 'pod address'; address: string }
  /** The service that stands for the API itself. */
  | { way: 'API server'; address: string }
  | { way: 'port-forward' | 'proxy verb' }
  | { way: 'none'; why: string };

export interface ServiceRow {
  context: string | null;
  namespace: string;
  name: string;
  type: string;
  ready: number;
  total: number;
  ports: readonly string[];
  /** The best one first. */
  ways: readonly ServiceWay[];
  /** `none`: it leads to no pods by its nature. */
  health: 'ok' | 'degraded' | 'down' | 'none';
  /** What is wrong. */
  says?: string;
}

/** What the user may do in a namespace; undefined where that is not told. */
export interface NamespaceRights {
  portForward: boolean | undefined;
  proxyVerb: boolean | undefined;
}

export interface ContextFacts {
  name: string | undefined;
  server: string;
  gateways: readonly RunningGateway[];
  forwards: readonly RecordedForward[];
  rights(namespace: string): NamespaceRights;
}

/** What only more than the view tells. */
export interface RowTroubles {
  /** Why a pod of it is not ready. */
  pod?: string | undefined;
  /** Why none of its ports leads anywhere, though pods are ready. */
  ports?: string | undefined;
}

export function serviceRow(view: ServiceView, facts: ContextFacts, troubles: RowTroubles = {}): ServiceRow {
  const { namespace, name, type, ready, total, ports, note, problem } = view;
  const health = healthOf(view, troubles);
  const partly = health === 'degraded' ? `${total - ready} of ${total} not ready` : undefined;
  const says =
    health === 'ok' || isApiServer(view)
      ? undefined
      : (troubles.ports ?? troubles.pod ?? note ?? partly ?? problem?.text);
  return {
    context: facts.name ?? null,
    namespace,
    name,
    type,
    ready,
    total,
    ports: ports.map(({ name: label, port, protocol }) => `${port}/${protocol}${label === '' ? '' : `(${label})`}`),
    ways: waysTo(view, facts),
    health,
    ...(says !== undefined && { says }),
  };
}

function isApiServer({ namespace, name }: ServiceView): boolean {
  return namespace === 'default' && name === 'kubernetes';
}

function healthOf(view: ServiceView, { ports }: RowTroubles): ServiceRow['health'] {
  const { type, ready, total, note } = view;
  const selectsNothing = total === 0 && note?.startsWith('It selects no pods') === true;
  if (type === 'ExternalName' || isApiServer(view) || selectsNothing) return 'none';
  if (ready === 0 || ports !== undefined) return 'down';
  return ready < total ? 'degraded' : 'ok';
}

function waysTo(view: ServiceView, facts: ContextFacts): ServiceWay[] {
  const { namespace, name, type, note } = view;
  const ports = mainFirst(view);
  if (isApiServer(view)) return [{ way: 'API server', address: facts.server }];
  const leads = view.reachable && ports.some(({ protocol }) => protocol === 'TCP');
  if (!leads) {
    if (type === 'ExternalName' || ports.length === 0) return [{ way: 'none', why: note ?? 'it has no ports' }];
    if (!ports.some(({ protocol }) => protocol === 'TCP')) return [{ way: 'none', why: 'only TCP can be led on' }];
    return [{ way: 'none', why: note ?? 'its endpoints are not pods' }];
  }
  const ways: ServiceWay[] = [];
  const context = { name: facts.name, server: facts.server };
  for (const { stem, name: label, port } of ports) {
    if (stem === undefined) continue;
    const isMain = stem === view.stem;
    const url = gatewayUrl(facts.gateways, context, {
      namespace,
      name,
      ...(!isMain && { port: label || String(port) }),
    });
    if (url !== undefined) ways.push({ way: 'host name', url });
  }
  ways.push(...localPorts(view, ports, facts));
  const [main, ...others] = ports.filter(({ protocol }) => protocol === 'TCP').map(podAddress);
  if (main !== undefined) ways.push(main);
  const { portForward, proxyVerb } = facts.rights(namespace);
  const further = others.filter((way) => way !== undefined);
  // Another port's address is no better way than one to the port that is meant.
  if (main !== undefined) ways.push(...further);
  if (portForward !== false) ways.push({ way: 'port-forward' });
  else if (proxyVerb !== false) ways.push({ way: 'proxy verb' });
  else return [{ way: 'none', why: 'you may neither create pods/portforward nor get services/proxy' }];
  return main === undefined ? [...ways, ...further] : ways;
}

/** The port that is meant where none is named comes first: the default one, else the first for browsers, else the first. */
function mainFirst({ ports, stem: own }: ServiceView): PortView[] {
  const main =
    ports.find(({ stem }) => stem !== undefined && stem === own) ?? ports.find(({ stem }) => stem !== undefined);
  return main === undefined ? ports : [main, ...ports.filter((port) => port !== main)];
}

function podAddress({ dial, address = dial }: PortView): ServiceWay | undefined {
  return address === undefined ? undefined : { way: 'pod address', address: address.replace(' ', ':') };
}

/** Those that lead to a port which the service has, to the one that is meant first; where they name none, that is their own. */
function localPorts(
  { namespace, name }: ServiceView,
  ports: readonly PortView[],
  { gateways, forwards, ...context }: ContextFacts,
): ServiceWay[] {
  const place = (to: string): number => {
    const parts = forwardParts(to);
    if (parts.kind !== 'service' || parts.namespace !== namespace || parts.name !== name) return -1;
    if (parts.port === undefined) return 0;
    return ports.findIndex(
      ({ name: label, port, protocol }) => protocol === 'TCP' && (label === parts.port || String(port) === parts.port),
    );
  };
  const own = forwards.filter(({ server }) => server === context.server);
  const fixed = gateways.flatMap(({ contexts, fixedPorts }) =>
    fixedPorts.filter(({ to }) => {
      const parts = to.split('/');
      const at = parts.length > 2 ? contexts.find(({ alias }) => alias === parts[0]) : contexts[0];
      return at?.server === context.server;
    }),
  );
  return [...own, ...fixed]
    .map(({ to, port }) => ({ at: place(to), address: `localhost:${port}` }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at)
    .map(({ address }) => ({ way: 'local port', address }));
}

export function wayText(way: ServiceWay | undefined): string {
  if (way === undefined) return '';
  if (way.way === 'host name') return way.url;
  if (way.way === 'none') return `none: ${way.why}`;
  return 'address' in way ? way.address : way.way;
}
