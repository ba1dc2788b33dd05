/** The pods behind a Service's port, and the connections to them: port-forward streams through the API server. */
import type { Duplex } from 'node:stream';
import type { ServicePort } from '../api/types/core-v1.ts';
import type { UpstreamEndpoint } from '../net/http1/upstream.ts';
import type { GatewayContext } from './contexts.ts';
import type { ServiceFacts } from './service-directory.ts';
import { speaksTls } from './service-ports.ts';

/** One port of one pod. */
export interface Backend {
  namespace: string;
  pod: string;
  /** Keeps a pod apart from a later one of the same name. */
  uid: string;
  port: number;
  tls: boolean;
  /** The name that TLS asks for. */
  serverName: string;
}

/** Ready pods of this Service's port; where none is ready, those that still serve while they end. */
export function backendsOf({ service, slices }: ServiceFacts, port: ServicePort): Backend[] {
  const { namespace = '', name = '' } = service.metadata;
  const ready = new Map<string, Backend>();
  const serving = new Map<string, Backend>();
  for (const slice of slices) {
    const number = slice.ports?.find((each) => (each.name ?? '') === (port.name ?? ''))?.port;
    if (number === undefined) continue;
    for (const { targetRef, conditions } of slice.endpoints ?? []) {
      if (targetRef?.kind !== 'Pod' || targetRef.name === undefined) continue;
      // A slice may name another namespace's pod, by mistake or by malice.
      if ((targetRef.namespace ?? namespace) !== namespace) continue;
      const uid = targetRef.uid ?? '';
      const backend = {
        namespace,
        pod: targetRef.name,
        uid,
        port: number,
        tls: speaksTls(port),
        serverName: `${name}.${namespace}.svc`,
      };
      // Dual-stack slices name a pod twice.
      if (conditions?.ready !== false) ready.set(targetRef.name, backend);
      else if (conditions.serving === true) serving.set(targetRef.name, backend);
    }
  }
  return [...(ready.size > 0 ? ready : serving).values()];
}

const maxEndpoints = 2000;

/** Endpoints by which a connection pool reaches backends; one object per backend, so that connections are reused. */
export class PodDialer {
  readonly #context: GatewayContext;
  readonly #endpoints = new Map<string, UpstreamEndpoint>();

  constructor(context: GatewayContext) {
    this.#context = context;
  }

  endpoint(backend: Backend): UpstreamEndpoint {
    const { namespace, pod, uid, port, tls, serverName } = backend;
    const key = `${this.#context.name ?? ''} ${namespace}/${pod}/${uid}:${port}${tls ? `/${serverName}` : ''}`;
    let endpoint = this.#endpoints.get(key);
    if (endpoint === undefined) {
      endpoint = {
        host: `${pod}.${namespace}`,
        port,
        dial: { key: `port-forward ${key}`, open: (signal) => this.open(backend, signal) },
        // Pods have certificates of their own making; the way there is already the API server's TLS.
        ...(tls ? { tls: { insecureSkipVerify: true, serverName } } : {}),
      };
      if (this.#endpoints.size >= maxEndpoints) this.#endpoints.clear();
      this.#endpoints.set(key, endpoint);
    }
    return endpoint;
  }

  /** A TCP stream to the pod. Rejects with StatusError where the API server refuses. */
  open({ namespace, pod, uid, port }: Backend, signal: AbortSignal): Promise<Duplex> {
    return this.#context.client.portForward({ namespace, pod, uid, port, signal });
  }
}
