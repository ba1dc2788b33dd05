/** The node agent: registers a Node, runs the pods that are bound to it and serves the kubelet's API. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pod } from '../api/types/core-v1.ts';
import type { ClusterClient } from '../client/cluster-client.ts';
import { openInformer } from '../client/informer.ts';
import { openEventRecorder } from '../client/record-events.ts';
import { sleepUnlessAborted } from '../lib/abortable-sleep.ts';
import { endLeftPods } from './end-left-pods.ts';
import { openImageTable } from './images/image-table.ts';
import type { NodePki } from './kubelet/server.ts';
import { startKubeletServer } from './kubelet/server.ts';
import { openAddressPool } from './network/address-pool.ts';
import { firstOrdinaryPort, nodeResources } from './node-object.ts';
import { PodWorkers } from './pod-workers.ts';
import { keepAlive, registerNode, reportLeaving } from './registration.ts';
import { openProcessRuntime } from './runtime/process.ts';

export interface NodeOptions {
  client: ClusterClient;
  /** The Node's name; its pods, ports and directory are apart from those of other nodes in this process. */
  name: string;
  /** What is the cluster's alone; the node keeps `pods/NAME/UID` in it. */
  dataDir: string;
  pki: NodePki;
  /** Image name to the command line that stands for it. */
  images: ReadonlyMap<string, string>;
  /** What pods are told to reach the API server by. */
  apiServerUrl: string;
  /** Addresses of pods, all of them this machine's: inside 127.0.0.0/8, or what was routed to it. */
  podCIDR: string;
  /** The node's own, where the API server finds the kubelet's API; default 127.0.0.1. */
  address?: string;
  /** Of the kubelet's API; 0 (default): any free one. */
  kubeletPort?: number;
  /**
   * What stopping means. `leave`: the cluster lives on, and is told that the node goes and how its pods ended. Otherwise
   * (default) the cluster stops too, and the pods start anew with it.
   */
  onStop?: 'leave';
  /** Told once of each trouble that the node goes on trying to get over. */
  log?(line: string): void;
  signal: AbortSignal;
}

export interface NodeAgent extends AsyncDisposable {
  kubeletPort: number;
  /** How many processes of an earlier, crashed run were found and ended. */
  leftovers: number;
}

/** How long a node that leaves tries at most to tell so, and then again how its pods ended. */
const FAREWELL_MS = 2000;
/** More than leaving takes: pods have their grace and their hooks. What still hangs then is cut off. */
const LEAVING_MS = 30_000;

/**
 * Resolves when the Node is Ready. Disposing it, or the signal, ends all pods' processes; dispose it in any case, since
 * that waits for them. Throws for images or a pod range that make no sense.
 */
export async function startNode(options: NodeOptions): Promise<NodeAgent> {
  const { client, name, dataDir, pki, apiServerUrl, podCIDR, address = '127.0.0.1' } = options;
  const images = openImageTable(options.images, join(dataDir, 'cache'));
  const addresses = openAddressPool(podCIDR, address);
  const stopping = new AbortController();
  const { signal } = stopping;
  const podsDirectory = join(dataDir, 'pods', name);
  await mkdir(podsDirectory, { recursive: true, mode: 0o700 });

  const told = new Set<string>();
  const trouble = (line: string) => {
    if (told.has(line)) return;
    told.add(line);
    options.log?.(line);
  };
  const runtime = openProcessRuntime();
  // Nodes that are no longer asked for may have left some too.
  const leftovers = await endLeftPods(dataDir);
  const events = openEventRecorder({ client, component: 'kubelet', host: name, signal });
  const informer = openInformer<Pod>({
    resource: client.resource<Pod>('v1', 'pods'),
    query: { fieldSelector: `spec.nodeName=${name}` },
    signal,
    onError: (error) => trouble(`node ${name} cannot watch its pods: ${(error as Error).message}`),
  });
  const workers = new PodWorkers(
    {
      client,
      runtime,
      images,
      addresses,
      events,
      hostIP: address,
      apiServerUrl,
      nodeResources: nodeResources(dataDir),
      firstOrdinaryPort: firstOrdinaryPort(),
      podsDirectory,
    },
    informer,
  );
  const server = await startKubeletServer({
    host: address,
    port: options.kubeletPort ?? 0,
    nodeName: name,
    pki,
    access: workers,
  });
  const facts = {
    name,
    address,
    podCIDR,
    kubeletPort: server.port,
    runtimeVersion: runtime.version,
    images: images.names(),
    dataDir,
  };
  let stopped: Promise<void> | undefined;
  let heart: Promise<void> = Promise.resolve();
  const heartStop = new AbortController();
  let isRegistered = false;
  const leave = async () => {
    heartStop.abort();
    await heart;
    await reportLeaving(client, facts, AbortSignal.timeout(FAREWELL_MS));
    const { told } = await workers.leave();
    await Promise.race([told.then(() => events.flush()), sleepUnlessAborted(FAREWELL_MS, signal)]);
  };
  const stop = () => {
    stopped ??= (async () => {
      if (options.onStop === 'leave' && isRegistered) {
        await Promise.race([leave(), sleepUnlessAborted(LEAVING_MS, signal)]);
      }
      stopping.abort();
      await workers[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      await heart;
      await informer.done;
      await events.flush();
    })();
    return stopped;
  };
  options.signal.addEventListener('abort', () => void stop(), { once: true });
  if (options.signal.aborted) void stop();
  try {
    const uid = await registerNode(client, facts, signal);
    isRegistered = true;
    heart = keepAlive(client, facts, uid, AbortSignal.any([signal, heartStop.signal]));
    await workers.start();
  } catch (error) {
    await stop();
    throw error;
  }
  return { kubeletPort: server.port, leftovers, [Symbol.asyncDispose]: stop };
}
