/** Finds what is asked for in the clusters behind the gateway: one room for host names, CONNECT, SOCKS5 and fixed ports. */
import { StatusError } from '../api/status.ts';
import type { Pod, Service, ServicePort } from '../api/types/core-v1.ts';
import { Remembered } from '../lib/remembered.ts';
import { LeastInFlight } from '../net/balance/least-in-flight.ts';
import * as problems from './app-problems.ts';
import type { Backend } from './backends.ts';
import { backendsOf, PodDialer } from './backends.ts';
import type { GatewayContext, GatewayContexts, UnusableContext } from './contexts.ts';
import type { AskedBy, Found, PodTarget, ServiceTarget, Target } from './destination.ts';
import { Destination } from './destination.ts';
import { noPort } from './port-problems.ts';
import type { Problem } from './problem.ts';
import { ServiceDirectory } from './service-directory.ts';
import { choosePort, podPorts, speaksTls } from './service-ports.ts';

/** One context with what is known of its services and the ways to its pods. */
interface Reach {
  context: GatewayContext;
  directory: ServiceDirectory;
  /** A page asks for its pod once for each of its files. */
  pods: Remembered<Pod | undefined>;
  dialer: PodDialer;
  balance: LeastInFlight;
  wantTls: Set<string>;
}

/** So long a pod that was replaced may be taken for the one before. */
const podFreshMs = 1000;

type Candidates = { candidates: Backend[]; verbPath: string; port: number } | { problem: Problem };

export interface DestinationsOptions {
  unusable?: readonly UnusableContext[];
  /** Services that the user says speak TLS; without a port all of their ports. */
  https?: readonly ServiceTarget[];
  signal: AbortSignal;
}

export class Destinations {
  readonly #contexts: GatewayContexts;
  readonly #unusable: readonly UnusableContext[];
  readonly #https: readonly ServiceTarget[];
  readonly #reaches: ReadonlyMap<GatewayContext, Reach>;

  constructor(contexts: GatewayContexts, { unusable = [], https = [], signal }: DestinationsOptions) {
    this.#contexts = contexts;
    this.#unusable = unusable;
    this.#https = https;
    this.#reaches = new Map(
      contexts.map((context) => [
        context,
        {
          context,
          directory: new ServiceDirectory(context.client, signal),
          pods: new Remembered<Pod | undefined>({ forMs: podFreshMs, most: 1000 }),
          dialer: new PodDialer(context),
          balance: new LeastInFlight(),
          wantTls: new Set(),
        },
      ]),
    );
  }

  /** Of one context: what its `ServiceDirectory` tells. Returns what ends it. */
  onChange(context: GatewayContext, listener: (failure: unknown) => void): () => void {
    return this.#reaches.get(context)?.directory.onChange(listener) ?? (() => {});
  }

  /** The context of this alias, or the default one. */
  context(alias: string | undefined): GatewayContext | undefined {
    return alias === undefined ? this.#contexts[0] : this.#contexts.find((context) => context.alias === alias);
  }

  /**
   * Never rejects: what is wrong is a problem in words. `at` is the gateway's port as its client named it, with its
   * colon, for links to other names.
   */
  async find(target: Target, { at = '', by = 'local-port' }: { at?: string; by?: AskedBy } = {}): Promise<Found> {
    const context = this.context(target.alias);
    const reach = context && this.#reaches.get(context);
    if (context === undefined || reach === undefined) {
      const unusable = this.#unusable.find(({ alias }) => alias === target.alias);
      if (unusable !== undefined) return { problem: problems.unusableContext(unusable) };
      return { problem: problems.unknownAlias(target.alias ?? '', this.#contexts, by) };
    }
    try {
      const found =
        target.kind === 'pod' ? await findPod(reach, target) : await this.#findService(reach, target, { at, by });
      if ('problem' in found) return found;
      return { destination: new Destination({ context, target, ...found }, reach) };
    } catch (error) {
      return { problem: problems.clusterFailed(error) };
    }
  }

  /** Told where the service's port is known not to be TCP. It is asked for once and not watched; never rejects. */
  async whyNotTcp(target: ServiceTarget): Promise<Problem | undefined> {
    try {
      const services = this.context(target.alias)?.client.resource<Service>('v1', 'services');
      const service = await services?.get(target.name, { namespace: target.namespace });
      const choice = service && choosePort(service, target.port);
      if (service === undefined || choice === undefined || choice.kind === 'port') return undefined;
      const problem = noPort(service, choice, { target, at: '', by: 'local-port' });
      return problem.notTcp === true ? problem : undefined;
    } catch {
      // Why it cannot be asked is told to the first connection.
      return undefined;
    }
  }

  async #findService(
    { context, directory }: Reach,
    target: ServiceTarget,
    { at, by }: { at: string; by: AskedBy },
  ): Promise<Candidates> {
    const { namespace, name, port: wanted } = target;
    const facts = await directory.find(namespace, name);
    if (facts === undefined) return { problem: problems.noService(namespace, name, by) };
    if (facts.service.spec?.type === 'ExternalName') return { problem: problems.externalName(facts.service) };
    const choice = choosePort(facts.service, wanted);
    if (choice.kind !== 'port') return { problem: noPort(facts.service, choice, { target, at, by }) };
    const port = this.#isHttps(context, target, choice.port) ? { ...choice.port, appProtocol: 'https' } : choice.port;
    const candidates = backendsOf(facts, port);
    if (candidates.length === 0) return { problem: problems.noEndpoints(facts) };
    const scheme = speaksTls(port) ? 'https:' : '';
    const verbPath = `/api/v1/namespaces/${namespace}/services/${scheme}${name}:${port.name || port.port}/proxy`;
    return { candidates, verbPath, port: port.port };
  }

  /** True where the user said so. */
  #isHttps(context: GatewayContext, { namespace, name }: ServiceTarget, port: ServicePort): boolean {
    return this.#https.some(
      (chosen) =>
        chosen.namespace === namespace &&
        chosen.name === name &&
        this.context(chosen.alias) === context &&
        (chosen.port === undefined || chosen.port === port.name || chosen.port === String(port.port)),
    );
  }
}

async function findPod({ context, pods }: Reach, target: PodTarget): Promise<Candidates> {
  const { namespace, name } = target;
  const pod = await pods.get(`${namespace}/${name}`, () => getPod(context, namespace, name));
  if (pod === undefined) return { problem: problems.noPod(namespace, name) };
  const port = choosePodPort(pod, target.port);
  if (port === undefined) return { problem: problems.podWithoutPort(namespace, name, target.port) };
  const uid = pod.metadata.uid ?? '';
  const scheme = port.tls ? 'https:' : '';
  return {
    candidates: [{ namespace, pod: name, uid, ...port, serverName: `${name}.${namespace}.pod` }],
    verbPath: `/api/v1/namespaces/${namespace}/pods/${scheme}${name}:${port.port}/proxy`,
    port: port.port,
  };
}

/** Undefined: there is none. Who may only list pods finds it as well. */
async function getPod({ client }: GatewayContext, namespace: string, name: string): Promise<Pod | undefined> {
  const pods = client.resource<Pod>('v1', 'pods');
  try {
    return await pods.get(name, { namespace });
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    if (error.code === 404) return undefined;
    if (error.code !== 403) throw error;
    const { items } = await pods.list({ namespace, fieldSelector: `metadata.name=${name}` });
    return items[0];
  }
}

function choosePodPort(pod: Pod, wanted: string | undefined): { port: number; tls: boolean } | undefined {
  const ports = podPorts(pod);
  const choice = choosePort({ apiVersion: 'v1', kind: 'Service', metadata: {}, spec: { ports } }, wanted);
  if (choice.kind === 'port') return { port: choice.port.port, tls: speaksTls(choice.port) };
  // What a pod listens on need not be declared.
  if (wanted !== undefined) {
    return /^\d{1,5}$/.test(wanted) ? { port: Number(wanted), tls: Number(wanted) === 443 } : undefined;
  }
  const [first] = choice.ports;
  return first && { port: first.port, tls: speaksTls(first) };
}
