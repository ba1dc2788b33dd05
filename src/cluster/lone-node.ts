/** The node agent as a part of its own, under whatever control plane a kubeconfig leads to. */
import { join } from 'node:path';
import { isReason } from '../api/status.ts';
import type { Node } from '../api/types/core-v1.ts';
import { ownNodeCertificate } from '../apiserver/pki/node-certificate.ts';
import type { ClientConfig } from '../client/client-config.ts';
import type { ClusterClient } from '../client/cluster-client.ts';
import { openClusterClient } from '../client/cluster-client-http.ts';
import { machineId } from '../node/node-object.ts';
import { startNode } from '../node/start.ts';
import { claimDirectory } from './claim-directory.ts';
import { claimLoopbackRange } from './loopback-range.ts';
import { claimPodRange, type PodRange } from './pod-range.ts';
import { publishedClientCa } from './published-client-ca.ts';

export interface LoneNodeOptions {
  /** The cluster, and who the node is to it. */
  config: ClientConfig;
  name: string;
  /** Exists and is this node's alone. */
  dataDir: string;
  /** Image name to the command line that stands for it. */
  images: ReadonlyMap<string, string>;
  /** Where the API server finds the kubelet's API: 127.0.0.1 serves one on this machine. */
  address: string;
  /** Addresses of pods, all of them this machine's; default: a loopback range that nobody else has. */
  podRange?: string;
  /** Of the kubelet's API, PEM; default: one of the node's own CA. */
  serving?: { cert: string; key: string };
  /** CA of the client certificate by which the API server is known, PEM; default: the one that the cluster publishes. */
  clientCa?: string;
  log(line: string): void;
  signal: AbortSignal;
}

export interface LoneNode extends AsyncDisposable {
  kubeletPort: number;
  podRange: string;
  /** The modes it runs in and their limits, a sentence each. */
  modes: readonly string[];
}

/**
 * Resolves when the Node is Ready; disposing it ends its pods. Throws one sentence for what the user can mend: a cluster
 * that cannot be reached, rights that are missing, a range that is not this machine's, a directory that another node has.
 */
export async function startLoneNode(options: LoneNodeOptions): Promise<LoneNode> {
  const { config, name, dataDir, images, address, log, signal } = options;
  await using parts = new AsyncDisposableStack();
  parts.use(await claimDirectory(dataDir, `the node "${name}"`));
  const client = parts.use(openClusterClient({ ...config, userAgent: 'fairlead-node' }));
  const known = await registeredNode(client, name, signal);
  if (known !== undefined) refuseTwin(known);
  const registered = known?.spec?.podCIDR;
  const range = parts.use(await claimRange(options));
  if (registered !== undefined && registered !== range.cidr) throw movedError(name, registered, range.cidr);
  const own = await ownNodeCertificate(join(dataDir, 'pki'), { name, address });
  const clientCa = options.clientCa ?? (await publishedClientCa(client, signal));
  const node = parts.use(
    await startNode({
      client,
      name,
      dataDir,
      // The node's own CA has issued no client certificate: with it nobody is admitted.
      pki: { ca: clientCa ?? own.ca, ...(options.serving ?? { cert: own.cert, key: own.key }) },
      images,
      apiServerUrl: config.server,
      podCIDR: range.cidr,
      address,
      onStop: 'leave',
      log,
      signal,
    }),
  );
  const running = parts.move();
  return {
    kubeletPort: node.kubeletPort,
    podRange: range.cidr,
    modes: modesOf(address, range.cidr, clientCa !== undefined),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function claimRange({ podRange, dataDir }: LoneNodeOptions): Promise<PodRange> {
  if (podRange !== undefined) return claimPodRange(podRange);
  const claim = await claimLoopbackRange(dataDir);
  return { cidr: claim.nodeCidr(0), [Symbol.asyncDispose]: () => claim[Symbol.asyncDispose]() };
}

async function registeredNode(client: ClusterClient, name: string, signal: AbortSignal): Promise<Node | undefined> {
  try {
    return await client.resource<Node>('v1', 'nodes').get(name, { signal });
  } catch (error) {
    if (isReason(error, 'NotFound')) return undefined;
    throw error;
  }
}

/** Throws when another machine runs the node of this name. */
function refuseTwin({ metadata, status }: Node): void {
  const [ours, theirs] = [machineId(), status?.nodeInfo?.machineID ?? ''];
  const isReady = status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True');
  if (isReady !== true || ours === '' || theirs === '' || theirs === ours) return;
  const { name = '' } = metadata;
  const address = status?.addresses?.find(({ type }) => type === 'InternalIP')?.address ?? 'no address';
  throw new Error(
    `another machine (${address}) runs a node "${name}" in this cluster, and two of one name would take each other's pods: ` +
      `choose another --name; if that machine is gone, remove its node (kubectl delete node ${name})`,
  );
}

/** A cluster lets nobody change the range of a Node. */
function movedError(name: string, registered: string, range: string): Error {
  return new Error(
    `the cluster knows a node "${name}" with the pod range ${registered}, which is not to be changed, and this one has ${range}: ` +
      `choose another --name, or remove that node (kubectl delete node ${name})`,
  );
}

const isLoopback = (text: string) => text.startsWith('127.');

function modesOf(address: string, range: string, admitsAnybody: boolean): string[] {
  const modes = ['Pods are processes of this machine with your rights: no security boundary.'];
  if (isLoopback(address)) modes.push(`Only an API server on this machine can reach the node (--address): ${address}.`);
  if (isLoopback(range)) {
    modes.push(
      'Pods have loopback addresses, which a Kubernetes API server takes into no EndpointSlice and proxies to for nobody;',
      'logs, exec and port-forwards to pods do work. With a --pod-range outside of 127.0.0.0/8 they have others.',
    );
  }
  if (!admitsAnybody) {
    modes.push(
      'Nobody may ask this node for logs, exec or port-forwards, since the cluster publishes no CA of client certificates:',
      "name with --client-ca the one that issued the API server's --kubelet-client-certificate.",
    );
  }
  return modes;
}
