/** Removes pods that nobody will end any more: of nodes that are gone; after `pkg/controller/podgc`. */
import type { Node, Pod } from '../api/types/core-v1.ts';
import { objectKey } from '../client/object-key.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { isNotFound, reconcileLoop } from './controller.ts';

/** A node that is only registering anew gets this long. */
const quarantineMs = 40_000;

export const podGcController: Controller = { name: 'pod-gc', start };

function start(context: ControllerContext): void {
  const { client, informers, signal } = context;
  const pods = informers.of<Pod>('v1', 'pods');
  const nodes = informers.of<Node>('v1', 'nodes');
  const podClient = client.resource<Pod>('v1', 'pods');
  const nodeClient = client.resource<Node>('v1', 'nodes');
  const missingSince = new Map<string, number>();
  const queue = reconcileLoop(context, { name: 'pod-gc', needs: [pods, nodes], workers: 1, process: reconcile });
  pods.onChange((next, previous) => {
    if (next === undefined) return;
    const bound = next.spec?.nodeName !== undefined && previous?.spec?.nodeName === undefined;
    const ending = next.metadata.deletionTimestamp !== undefined && previous?.metadata.deletionTimestamp === undefined;
    if (bound || ending) queue.add(objectKey(next));
  });
  nodes.onChange((next, previous) => {
    const { name = '' } = (next ?? previous)?.metadata ?? {};
    if (next !== undefined) missingSince.delete(name);
    else for (const pod of pods.list()) if (pod.spec?.nodeName === name) queue.add(objectKey(pod));
  });

  async function reconcile(key: string): Promise<void> {
    const pod = pods.get(key);
    if (pod === undefined) return;
    const node = pod.spec?.nodeName;
    const { deletionTimestamp } = pod.metadata;
    // Never placed, so there is no kubelet that would confirm its end.
    if (!node) {
      if (deletionTimestamp !== undefined) await remove(pod);
      return;
    }
    if (nodes.get(node) !== undefined) return;
    const since = missingSince.get(node) ?? Date.now();
    missingSince.set(node, since);
    const left = since + quarantineMs - Date.now();
    if (left > 0) return queue.addAfter(key, left + 50);
    const there = await nodeClient.get(node, { signal }).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
    if (there === undefined) await remove(pod);
  }

  async function remove(pod: Pod): Promise<void> {
    const { name = '', namespace = '', uid = '' } = pod.metadata;
    await podClient
      .delete(name, { namespace, gracePeriodSeconds: 0, preconditions: { uid }, signal })
      .catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
  }
}
