/** A forward as it was asked for: on the command line, or in a file of the project. */
import { UsageError } from '../command.ts';
import { type ClusterTarget, parseClusterTarget } from '../reach/target.ts';

export interface PlannedForward {
  target: ClusterTarget & { kind: 'service' | 'pod' };
  /** Of the kubeconfig; undefined: that of the command line, or the current one. */
  context: string | undefined;
  /** 0: any free one. */
  local: number;
}

export function protocolRefusal(protocol: string): string {
  return `${protocol} cannot be forwarded: the ways into a cluster (port-forward streams of the API server) carry TCP only`;
}

export const udpRefusal = protocolRefusal('UDP');

/** What can be forwarded of what `parseClusterTarget` reads. Throws UsageError. */
export function parseForwardTarget(text: string): PlannedForward['target'] {
  if (/\/udp$/i.test(text)) throw new UsageError(`"${text}": ${udpRefusal}`);
  const target = parseClusterTarget(text.replace(/\/tcp$/i, ''));
  if (target.kind !== 'workload') return { ...target, kind: target.kind };
  throw new UsageError(`"${text}": a forward leads to a service or to one pod; name the service of ${target.name}`);
}

/**
 * `TARGET[=LOCALPORT]`, where TARGET may begin with a context: `CONTEXT/NAMESPACE/SERVICE:PORT`. Without LOCALPORT the
 * local port is PORT, if that is a number above 1023, else any free one. Throws UsageError.
 */
export function parseForwardWord(word: string): PlannedForward {
  const [, text = '', local] = /^(.*?)(?:=(\d{1,5}))?$/s.exec(word) ?? [];
  const [, path = '', protocol = ''] = /^(.*?)(\/(?:udp|tcp))?$/is.exec(text) ?? [];
  const parts = path.split('/');
  // Names of contexts may have slashes of their own.
  const context = parts.length > 2 ? parts.slice(0, -2).join('/') : undefined;
  const target = parseForwardTarget(`${parts.slice(-2).join('/')}${protocol}`);
  const own = target.port !== undefined && /^\d+$/.test(target.port) ? Number(target.port) : 0;
  const port = local === undefined ? (own > 1023 ? own : 0) : Number(local);
  if (port <= 65_535) return { target, context, local: port };
  throw new UsageError(`invalid forward "${word}": write TARGET=LOCALPORT, such as shop/db:5432=15432`);
}
