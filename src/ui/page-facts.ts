/** What the page is told first: which contexts there are, and how their services are named here. */
import type { GatewayContext, GatewayContexts, UnusableContext } from '../gateway/contexts.ts';
import { hostName } from '../gateway/host.ts';
import { probeLabel } from '../gateway/name-probe.ts';
import type { PageRequest } from '../gateway/page-handler.ts';
import { contextFlag, kubectlFor } from './command-line.ts';

export interface ContextFacts {
  /** Empty for the first, else its alias. */
  id: string;
  /** The name people know it by. */
  title: string;
  cluster: string;
  server: string;
  /** `--context NAME`; absent where it cannot be typed safely. */
  flag?: string;
  /** Why it cannot be used at all; a sentence. */
  why?: string;
}

export interface PageFacts {
  contexts: ContextFacts[];
  /** What to type for a first service. */
  suggestions: string[];
  /** What names of applications end with, as this browser asked for the page; absent where they have none. */
  suffix?: string;
  /** Of a name that leads nowhere, to find out whether such names resolve. */
  probe?: string;
}

export function contextFacts(
  contexts: GatewayContexts,
  unusable: readonly UnusableContext[],
  clusterName: string | undefined,
): ContextFacts[] {
  return [
    ...contexts.map(({ name, alias, config }, i): ContextFacts => {
      const cluster = (i === 0 ? clusterName : undefined) ?? config.origin?.cluster ?? config.server;
      const flag = contextFlag(name);
      const id = i === 0 ? '' : alias;
      const title = name ?? cluster;
      return { id, title, cluster, server: config.server, ...(flag !== undefined && { flag }) };
    }),
    ...unusable.map(({ name, alias, why }) => ({ id: alias, title: name, cluster: '', server: '', why })),
  ];
}

const ownMachine = ['localhost', '127.0.0.1', '[::1]'];

/** By the Host of a request, which the gateway has accepted: on its own machine below localhost, else below its domain. */
export function suffixFor(origin: string, suffixes: readonly string[]): string | undefined {
  const name = hostName(new URL(origin).host);
  if (ownMachine.includes(name)) return '.localhost';
  return suffixes.find((suffix) => suffix === `.${name}`);
}

/** The origin that the page may ask besides its own. */
export function probeOrigin({ origin }: PageRequest, suffixes: readonly string[]): string | undefined {
  if (!URL.canParse(origin)) return undefined;
  const suffix = suffixFor(origin, suffixes);
  const { protocol, port } = new URL(origin);
  return suffix && `${protocol}//${probeLabel}${suffix}${port === '' ? '' : `:${port}`}`;
}

/** What to type for a first service, with an image that the cluster has. */
export function suggestions({ name }: GatewayContext, embedded: boolean): string[] {
  const image = embedded ? 'fairlead.local/echo' : 'nginx';
  const port = embedded ? 8080 : 80;
  const kubectl = kubectlFor(name);
  if (kubectl === undefined) return [];
  return [
    `${kubectl} create deployment hello --image=${image}`,
    `${kubectl} expose deployment hello --port=80 --target-port=${port}`,
  ];
}
