/** Rolls Deployments out through ReplicaSets, after `pkg/controller/deployment/deployment_controller.go`. */
import { labelSelectorOf, matchesLabels } from '../../api/selectors/label-selector.ts';
import type { Deployment, ReplicaSet } from '../../api/types/apps-v1.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import { objectKey } from '../../client/object-key.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { isNamespaceTerminating, isNotFound, reconcileLoop } from '../controller.ts';
import { adoptionPatch, controllerOf, releasePatch } from '../owner.ts';
import { isTerminal } from '../pod-state.ts';
import { byController, byNamespace } from '../shared-informers.ts';
import { millisecondsToDeadline } from './conditions.ts';
import { DeploymentSync } from './sync.ts';

export const deploymentController: Controller = { name: 'deployment', start };

function start(context: ControllerContext): void {
  const { client, informers, signal } = context;
  const deployments = informers.of<Deployment>('apps/v1', 'deployments');
  const sets = informers.of<ReplicaSet>('apps/v1', 'replicasets');
  const pods = informers.of<Pod>('v1', 'pods');
  const setClient = client.resource<ReplicaSet>('apps/v1', 'replicasets');
  const tools = {
    deployments: client.resource<Deployment>('apps/v1', 'deployments'),
    sets: setClient,
    events: context.recorder('deployment-controller'),
    signal,
    hasRunningPods: (of: readonly ReplicaSet[]) =>
      of.some((set) => pods.byIndex(byController, set.metadata.uid ?? '').some((pod) => !isTerminal(pod))),
  };
  const queue = reconcileLoop(context, { name: 'deployment', needs: [deployments, sets, pods], process: reconcile });

  deployments.onChange((next, previous) => {
    const deployment = next ?? previous;
    if (deployment !== undefined) queue.add(objectKey(deployment));
  });
  sets.onChange((next, previous) => {
    for (const set of [next, previous]) {
      if (set === undefined) continue;
      const owner = controllerOf(set);
      const { namespace = '' } = set.metadata;
      if (owner?.kind === 'Deployment') queue.add(`${namespace}/${owner.name}`);
      else if (owner === undefined && set === next) {
        for (const deployment of deployments.byIndex(byNamespace, namespace)) {
          if (selects(deployment, set)) queue.add(objectKey(deployment));
        }
      }
    }
  });
  // Recreate waits for the last old pod to end.
  pods.onChange((next, previous) => {
    if (previous === undefined || (next !== undefined && !isTerminal(next))) return;
    const owner = controllerOf(previous);
    if (owner?.kind !== 'ReplicaSet') return;
    const { namespace = '' } = previous.metadata;
    const set = sets.get(`${namespace}/${owner.name}`);
    const above = set && controllerOf(set);
    if (above?.kind !== 'Deployment') return;
    if (deployments.get(`${namespace}/${above.name}`)?.spec?.strategy?.type === 'Recreate') {
      queue.add(`${namespace}/${above.name}`);
    }
  });

  async function reconcile(key: string): Promise<void> {
    const deployment = deployments.get(key);
    if (deployment === undefined) return;
    try {
      const status = await new DeploymentSync(deployment, await claimSets(deployment), tools).run();
      const wait = millisecondsToDeadline(deployment, status);
      if (wait !== undefined) queue.addAfter(key, Math.max(1000, wait + 1000));
    } catch (error) {
      if (!isNotFound(error) && !isNamespaceTerminating(error)) throw error;
    }
  }

  async function claimSets(deployment: Deployment): Promise<ReplicaSet[]> {
    const { namespace = '', name = '', uid = '', deletionTimestamp } = deployment.metadata;
    const options = { type: 'application/strategic-merge-patch+json', namespace, signal } as const;
    const owned = sets.byIndex(byController, uid);
    const claimed = owned.filter((set) => selects(deployment, set));
    if (deletionTimestamp !== undefined) return claimed;
    for (const set of owned) {
      if (!claimed.includes(set))
        await setClient.patch(set.metadata.name ?? '', releasePatch(deployment, set), options);
    }
    const strays = sets
      .byIndex(byNamespace, namespace)
      .filter(
        (set) =>
          controllerOf(set) === undefined && set.metadata.deletionTimestamp === undefined && selects(deployment, set),
      );
    if (strays.length === 0) return claimed;
    // The cache may not know yet that the Deployment is going: ask before taking anything.
    const fresh = await tools.deployments.get(name, { namespace, signal });
    if (fresh.metadata.uid !== uid || fresh.metadata.deletionTimestamp !== undefined) return claimed;
    for (const set of strays) {
      claimed.push(await setClient.patch(set.metadata.name ?? '', adoptionPatch(deployment, set), options));
    }
    return claimed;
  }
}

function selects(deployment: Deployment, set: ReplicaSet): boolean {
  const selector = labelSelectorOf(deployment.spec?.selector);
  return selector !== undefined && selector.length > 0 && matchesLabels(selector, set.metadata.labels);
}
