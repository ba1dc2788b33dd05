/** The URL under which a running gateway leads to a service. */
import type { RunningGateway } from '../proxy/running-gateways.ts';

export interface ReachedContext {
  /** Of the kubeconfig; undefined where none names it. */
  name: string | undefined;
  server: string;
}

export interface NamedService {
  namespace: string;
  name: string;
  /** By name or number; undefined: what the short name leads to. */
  port?: string | undefined;
}

/** Undefined where none of the gateways serves this context. */
export function gatewayUrl(
  gateways: readonly RunningGateway[],
  { name, server }: ReachedContext,
  service: NamedService,
): string | undefined {
  for (const { url, contexts } of gateways) {
    const at = contexts.findIndex(
      (context) =>
        context.trouble === undefined &&
        context.server === server &&
        (context.name === null || name === undefined || context.name === name),
    );
    const alias = contexts[at]?.alias;
    if (alias !== undefined) return serviceUrl(url, at === 0 ? undefined : alias, service);
  }
  return undefined;
}

/** `alias`: of a context besides the gateway's first. `gateway` is its own URL. */
export function serviceUrl(gateway: string, alias: string | undefined, service: NamedService): string {
  const { namespace, name, port } = service;
  const isShort = alias === undefined && port === undefined;
  const host = isShort
    ? `${name}.${namespace}`
    : `${port === undefined ? '' : `${port}.`}${name}.${namespace}.svc${alias === undefined ? '' : `.${alias}`}`;
  const url = new URL(gateway);
  url.hostname = `${host}.${url.hostname}`;
  return url.href;
}

/** `path` begins with a slash. It is not taken as relative: two slashes would begin another host's name. */
export function pageUrl(service: string, path: string): URL {
  return new URL(`${new URL(service).origin}${path}`);
}
