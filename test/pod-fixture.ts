/** An embedded cluster for the tests of the file that imports this, and pods on it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before } from 'node:test';
import { isReason } from '../src/api/status.ts';
import type { Event, Pod, PodSpec } from '../src/api/types/core-v1.ts';
import { openInformer } from '../src/client/informer.ts';
import { type Cluster, startCluster } from '../src/cluster.ts';

export const namespace = 'default';
/** Fires when the tests are over. */
export const stopped = new AbortController();
/** From the first test on. */
export let cluster: Cluster;
let end: () => Promise<void>;

before(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-pods-'));
  cluster = await startCluster({
    name: 'pods',
    directory,
    storage: 'memory',
    apiPort: 0,
    nodes: 2,
    images: new Map([
      ['sh', 'sh'],
      ['tell', 'echo $(POD_IP) $$(POD_IP) $(NOBODY) "$(GREETING)"'],
    ]),
    log: (line) => console.error(line),
  });
  await cluster.nodesReady;
  end = async () => {
    stopped.abort();
    await cluster[Symbol.asyncDispose]();
    await rm(directory, { recursive: true });
  };
});
after(() => end());

export const pods = () => cluster.client.resource<Pod>('v1', 'pods');

export async function create(name: string, spec: PodSpec): Promise<Pod> {
  // Bound to a node at once: these tests are not about scheduling.
  const whole = { terminationGracePeriodSeconds: 1, nodeName: 'fairlead', ...spec };
  for (let wait = 10; ; wait *= 2) {
    try {
      return await pods().create({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace }, spec: whole });
    } catch (error) {
      // The default service account is made by a controller, soon after the start.
      if (!isReason(error, 'Forbidden') || wait > 5000) throw error;
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
}

export const shell = (script: string) => [{ name: 'c', image: 'sh', args: ['-c', script] }];

/** The pod when it is as wanted; undefined stands for its absence. */
export async function until(name: string, isWanted: (pod: Pod | undefined) => boolean): Promise<Pod | undefined> {
  const done = new AbortController();
  const signal = AbortSignal.any([done.signal, stopped.signal]);
  const informer = openInformer<Pod>({
    resource: pods(),
    query: { namespace, fieldSelector: `metadata.name=${name}` },
    signal,
  });
  await informer.synced;
  const wanted = Promise.withResolvers<Pod | undefined>();
  const look = () => {
    const pod = informer.get(`${namespace}/${name}`);
    if (isWanted(pod)) wanted.resolve(pod);
  };
  informer.onChange(look);
  look();
  const pod = await wanted.promise;
  done.abort();
  return pod;
}

export const isReady = (pod: Pod | undefined) =>
  pod?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
export const waitingFor = (reason: string) => (pod: Pod | undefined) =>
  pod?.status?.containerStatuses?.[0]?.state?.waiting?.reason === reason;

export async function log(name: string, query = ''): Promise<string> {
  const response = await cluster.client.request({
    method: 'GET',
    path: `/api/v1/namespaces/${namespace}/pods/${name}/log${query}`,
  });
  return await text(response.body);
}

/** Waits for it. */
export async function firstLine(name: string): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/pods/${name}/log?follow=true`;
  const { body } = await cluster.client.request({ method: 'GET', path });
  let line = '';
  for await (const chunk of body) {
    line += (chunk as Buffer).toString();
    if (line.includes('\n')) break;
  }
  return line.trim();
}

/** Resolves when an event about the pod says so: events are written beside all else, and may come after what they tell of. */
export async function toldOf(name: string, pattern: RegExp): Promise<void> {
  for await (const { object } of cluster.client.resource<Event>('v1', 'events').watch({ namespace })) {
    const { involvedObject, reason, message } = object;
    if (involvedObject.name === name && pattern.test(`${reason}: ${message}`)) return;
  }
}
