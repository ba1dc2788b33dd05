/** Names and addresses by which CONNECT, SOCKS and absolute request targets ask for something of a cluster. */
import { isIP } from 'node:net';

/** Without the port. An address still has to be looked up: of a Service or of a pod. */
export type ClusterName =
  | { kind: 'service' | 'pod'; namespace: string; name: string; alias: string | undefined }
  | { kind: 'address'; address: string };

const label = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

/**
 * As pods of the cluster name each other: `SERVICE.NAMESPACE`, with `.svc`, with `.svc.cluster.local`;
 * `POD.SERVICE.NAMESPACE.svc…` for a pod of a StatefulSet; `POD.NAMESPACE.pod…`; or an IP address. Another context than
 * the default one by its alias at the end: `SERVICE.NAMESPACE.svc.ALIAS`. Undefined for every other name.
 */
export function parseClusterName(host: string): ClusterName | undefined {
  const name = host.toLowerCase().replace(/\.$/, '');
  const address = name.replace(/^\[(.*)\]$/, '$1');
  if (isIP(address) !== 0) return { kind: 'address', address };
  if (name.length > 253) return undefined;
  const labels = name.split('.');
  if (!labels.every((part) => label.test(part))) return undefined;
  const [first = '', second = ''] = labels;
  if (labels.length === 2) return { kind: 'service', name: first, namespace: second, alias: undefined };
  const kindAt = kindIndex(labels);
  if (kindAt === undefined) return undefined;
  const after = labels.slice(kindAt + 1);
  const alias = after[0] === 'cluster' && after[1] === 'local' ? after.slice(2) : after;
  if (alias.length > 1) return undefined;
  const named = labels.slice(0, kindAt);
  const namespace = named.at(-1) ?? '';
  if (labels[kindAt] === 'pod') return { kind: 'pod', name: named.slice(0, -1).join('.'), namespace, alias: alias[0] };
  // The pod's own name comes before its Service's.
  return { kind: named.length === 3 ? 'pod' : 'service', name: first, namespace, alias: alias[0] };
}

/** Where the word stands that tells services from pods: after two or three labels, or for pods after more. */
function kindIndex(labels: readonly string[]): number | undefined {
  for (const at of [2, 3]) if (labels[at] === 'svc') return at;
  const at = labels.lastIndexOf('pod');
  return at >= 2 ? at : undefined;
}

/** True for names that only a cluster can have: no name of the internet ends so. */
export function isUnmistakable(host: string): boolean {
  return /\.(?:svc|pod|svc\.cluster\.local|pod\.cluster\.local)$/.test(host) && parseClusterName(host) !== undefined;
}
