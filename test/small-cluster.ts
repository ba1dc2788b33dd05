/**
 * A Kubernetes API of a few objects, for tests of what knows a cluster only through its API: list and watch of services,
 * endpoint slices and pods, and port-forwards to programs of this machine. Everything else is echoed.
 */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Pod, Service, ServicePort } from '../src/api/types/core-v1.ts';
import type { EndpointSlice } from '../src/api/types/discovery-v1.ts';
import { relay } from '../src/net/relay.ts';
import { refuseUpgrade, serveForwards } from './forward-server.ts';

type Kind = 'services' | 'endpointslices' | 'pods';
type Item = Service | EndpointSlice | Pod;

export interface PodSpec {
  name: string;
  /** Port of this machine behind each port of the pod. */
  ports: Readonly<Record<number, number>>;
  ready?: boolean;
  ip?: string;
}

export interface SmallCluster extends AsyncDisposable {
  server: string;
  /** Requests so far: method and target, and the headers. */
  requests: { line: string; headers: IncomingMessage['headers'] }[];
  /** Connections through port-forwards so far, as `POD:PORT`. */
  forwards: string[];
  /** Makes or changes a Service with its pods behind it. */
  setService(name: string, ports: ServicePort[], pods: readonly PodSpec[], more?: Partial<Service['spec']>): void;
  removeService(name: string): void;
  /** Adds or changes any object, as it is; `undefined` in its place removes it. */
  put(kind: Kind, key: string, object: Item | undefined): void;
  /** Port-forwards to this pod are refused from now on. */
  losePod(name: string): void;
  /** Answers what is asked of services and pods by the proxy verb; by default it is echoed. */
  onProxied: ((request: IncomingMessage, response: ServerResponse) => void) | undefined;
  /** The connections that carry port-forwards now. */
  tunnels: ReadonlySet<{ socket: Duplex }>;
  /** What is answered with 403: a kind, `watch`, `VERB KIND` (get, list), `portforward`, `proxy`. */
  forbidden: Set<string>;
}

export const testNamespace = 'shop';
const apiVersions = { services: 'v1', endpointslices: 'discovery.k8s.io/v1', pods: 'v1' } as const;
const kinds = { services: 'Service', endpointslices: 'EndpointSlice', pods: 'Pod' } as const;

export async function openSmallCluster(): Promise<SmallCluster> {
  const objects = {
    services: new Map<string, Item>(),
    endpointslices: new Map<string, Item>(),
    pods: new Map<string, Item>(),
  };
  const watchers = {
    services: new Set<ServerResponse>(),
    endpointslices: new Set<ServerResponse>(),
    pods: new Set<ServerResponse>(),
  };
  /** Every change so far: a watch begins where its list ended, not where it happens to arrive. */
  const changes: { kind: Kind; revision: number; line: string }[] = [];
  const podPorts = new Map<string, Readonly<Record<number, number>>>();
  const requests: SmallCluster['requests'] = [];
  const forwards: string[] = [];
  const forbidden = new Set<string>();
  const tunnels = new Set<{ socket: Duplex }>();
  let revision = 1;

  const isForbidden = (kind: Kind, verb: 'get' | 'list' | 'watch'): boolean =>
    forbidden.has(kind) || forbidden.has(verb) || forbidden.has(`${verb} ${kind}`);

  const put = (kind: Kind, name: string, object: Item | undefined): void => {
    const before = objects[kind].get(name);
    revision++;
    const told = object ?? before;
    if (told === undefined) return;
    told.metadata.resourceVersion = String(revision);
    if (object === undefined) objects[kind].delete(name);
    else objects[kind].set(name, object);
    const type = object === undefined ? 'DELETED' : before === undefined ? 'ADDED' : 'MODIFIED';
    const line = `${JSON.stringify({ type, object: told })}\n`;
    changes.push({ kind, revision, line });
    for (const watcher of watchers[kind]) watcher.write(line);
  };

  const json = (response: ServerResponse, code: number, body: unknown): void => {
    response.writeHead(code, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  };
  const status = (response: ServerResponse, code: number, reason: string, message: string): void =>
    json(response, code, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason, message, code });

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://cluster');
    requests.push({ line: `${request.method} ${request.url}`, headers: request.headers });
    const match =
      /^\/apis?\/(?:discovery\.k8s\.io\/)?v1\/(?:namespaces\/([^/]+)\/)?(services|endpointslices|pods)(?:\/([^/]+))?$/.exec(
        url.pathname,
      );
    const kind = match?.[2] as Kind | undefined;
    const isProxied = /\/(?:services|pods)\/[^/]+\/proxy\//.test(url.pathname);
    if (isProxied && forbidden.has('proxy')) {
      status(
        response,
        403,
        'Forbidden',
        'services "web" is forbidden: User "dev" cannot get resource "services/proxy"',
      );
    } else if (isProxied && cluster.onProxied !== undefined) {
      cluster.onProxied(request, response);
    } else if (kind === undefined) {
      response.setHeader('Access-Control-Allow-Origin', '*');
      response.setHeader('Set-Cookie', 'a=1');
      json(response, 200, { method: request.method, url: request.url, headers: request.headers });
    } else if (isForbidden(kind, match?.[3] !== undefined ? 'get' : url.searchParams.has('watch') ? 'watch' : 'list')) {
      status(response, 403, 'Forbidden', `${kind} is forbidden: User "dev" cannot list resource "${kind}"`);
    } else if (match?.[3] !== undefined) {
      const found = objects[kind].get(match[3]);
      if (found === undefined) status(response, 404, 'NotFound', `${kind} "${match[3]}" not found`);
      else json(response, 200, found);
    } else if (url.searchParams.has('watch')) {
      response.writeHead(200, { 'Content-Type': 'application/json' }).flushHeaders();
      const from = Number(url.searchParams.get('resourceVersion') ?? revision);
      for (const change of changes) if (change.kind === kind && change.revision > from) response.write(change.line);
      watchers[kind].add(response);
      response.on('close', () => watchers[kind].delete(response));
    } else {
      const all = [...objects[kind].values()];
      const inNamespace = all.filter(({ metadata }) => [undefined, metadata.namespace].includes(match?.[1]));
      const items = inNamespace.filter((item) => isSelected(item, url.searchParams.get('fieldSelector')));
      const metadata = { resourceVersion: String(revision) };
      json(response, 200, { kind: `${kinds[kind]}List`, apiVersion: apiVersions[kind], metadata, items });
    }
  });
  server.on('upgrade', (request, socket, head) => {
    const url = new URL(request.url ?? '/', 'http://cluster');
    requests.push({ line: `${request.method} ${request.url}`, headers: request.headers });
    const pod = /\/pods\/([^/]+)\/portforward$/.exec(url.pathname)?.[1];
    if (pod === undefined || !podPorts.has(pod) || forbidden.has('portforward')) {
      const body = JSON.stringify({
        kind: 'Status',
        apiVersion: 'v1',
        status: 'Failure',
        code: 403,
        reason: 'Forbidden',
        message: 'no port-forward for you',
      });
      socket.end(
        `HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
      return;
    }
    const tunnel = { socket };
    tunnels.add(tunnel);
    socket.on('close', () => tunnels.delete(tunnel));
    socket.unshift(head);
    const served = serveForwards(request, socket, (port, data, errors) => {
      forwards.push(`${pod}:${port}`);
      forward(data, errors, { port, local: podPorts.get(pod)?.[port] });
    });
    if (served === undefined) refuseUpgrade(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const cluster: SmallCluster = {
    onProxied: undefined,
    server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    forwards,
    forbidden,
    tunnels,
    put,
    losePod(name) {
      podPorts.delete(name);
    },
    setService(name, ports, pods, more = {}) {
      const metadata = { name, namespace: testNamespace };
      put('services', name, { apiVersion: 'v1', kind: 'Service', metadata: { ...metadata }, spec: { ports, ...more } });
      for (const pod of pods) {
        podPorts.set(pod.name, pod.ports);
        const containerPorts = Object.keys(pod.ports).map((port) => ({ containerPort: Number(port) }));
        const spec = { containers: [{ name: 'app', ports: containerPorts }] };
        put('pods', pod.name, {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: pod.name, namespace: testNamespace, uid: pod.name, labels: more.selector ?? {} },
          spec,
          status: { phase: 'Running', conditions: [{ type: 'Ready', status: pod.ready === false ? 'False' : 'True' }] },
          ...(pod.ip && { status: { phase: 'Running', podIP: pod.ip } }),
        });
      }
      put('endpointslices', name, {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        addressType: 'IPv4',
        metadata: { ...metadata, labels: { 'kubernetes.io/service-name': name } },
        ports: ports.map(({ name: portName = '', port, targetPort }) => ({
          name: portName,
          port: typeof targetPort === 'number' ? targetPort : port,
        })),
        endpoints: pods.map(({ name: pod, ready = true }) => ({
          addresses: ['10.0.0.1'],
          conditions: { ready },
          targetRef: { kind: 'Pod', name: pod, namespace: testNamespace, uid: pod },
        })),
      });
    },
    removeService(name) {
      put('services', name, undefined);
      put('endpointslices', name, undefined);
    },
    async [Symbol.asyncDispose]() {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      for (const kind of Object.values(watchers)) for (const watcher of kind) watcher.destroy();
      await once(server, 'close');
    },
  };
  return cluster;
}

/** One `path=value`. */
function isSelected(item: Item, selector: string | null): boolean {
  if (selector === null) return true;
  const [path = '', value] = selector.split('=');
  let at: unknown = item;
  for (const key of path.split('.')) at = typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined;
  return at === value;
}

/** The node's half of one connection. */
function forward(data: Duplex, errors: Duplex, { port, local }: { port: number; local: number | undefined }): void {
  const fail = (message: string): void => {
    errors.end(`error forwarding port ${port}: ${message}`, () => data.destroy());
  };
  if (local === undefined) {
    fail('nothing listens there');
    return;
  }
  const target = connect({ port: local, host: '127.0.0.1', allowHalfOpen: true });
  target.once('error', (error) => fail(error.message));
  target.once('connect', () => void relay(data, target).then(() => errors.end()));
}
