/**
 * A small operator: every ConfigMap with the label `example.com/site` becomes a Deployment of its image. What it makes belongs to
 * the ConfigMap and goes with it; what others change of it is put back.
 */
import type { Cluster } from 'fairlead/client';
import { objectKey, openEventRecorder, WorkQueue } from 'fairlead/client';
import type { Deployment } from 'fairlead/client/types/apps-v1';
import type { ConfigMap } from 'fairlead/client/types/core-v1';

const label = 'example.com/site';

/** Works until the signal fires; resolves when everything has ended. */
export async function runOperator(cluster: Cluster, signal: AbortSignal): Promise<void> {
  const deployments = cluster.resource('apps/v1', 'Deployment');
  const sites = cluster.resource('v1', 'ConfigMap').informer({ labelSelector: label, signal });
  const made = deployments.informer({
    labelSelector: label,
    indexes: { owner: ({ metadata }) => metadata.ownerReferences?.map(({ uid }) => uid) ?? [] },
    signal,
  });
  const events = openEventRecorder({ client: cluster.client, component: 'site-operator', signal });
  const queue = new WorkQueue({
    process: reconcile,
    workers: 4,
    signal,
    onError: (error, key, failures) => console.error(`${key}, attempt ${failures}: ${error}`),
  });

  async function reconcile(key: string): Promise<void> {
    const site = sites.get(key);
    // Gone: the garbage collector takes what belonged to it.
    if (site === undefined || site.metadata.deletionTimestamp !== undefined) return;
    const replicas = Number(site.data?.replicas ?? '1');
    if (!Number.isInteger(replicas) || replicas < 0) {
      const message = `data.replicas must be a whole number, not ${JSON.stringify(site.data?.replicas)}`;
      events.record({ about: site, type: 'Warning', reason: 'InvalidSite', message });
      return;
    }
    const wanted = deploymentOf(site, replicas);
    const [found] = made.byIndex('owner', site.metadata.uid ?? '');
    if (found === undefined) {
      await deployments.create(wanted, { signal });
      events.record({
        about: site,
        type: 'Normal',
        reason: 'Created',
        message: `Created deployment ${wanted.metadata.name}`,
      });
    } else if (differs(found, wanted)) {
      await deployments.patch(
        found.metadata.name ?? '',
        { spec: wanted.spec },
        { namespace: found.metadata.namespace ?? '', signal },
      );
    }
  }

  // Both caches first: an empty one would make what is already there.
  await Promise.all([sites.synced, made.synced]);
  sites.onChange((next) => next && queue.add(objectKey(next)));
  made.onChange((next, previous) => {
    const deployment = next ?? previous;
    const owner = deployment?.metadata.ownerReferences?.find(({ kind }) => kind === 'ConfigMap');
    if (owner !== undefined) queue.add(`${deployment?.metadata.namespace}/${owner.name}`);
  });
  await Promise.all([sites.done, made.done]);
  await Promise.all([queue.stopped(), events.flush()]);
}

function deploymentOf({ metadata, data }: ConfigMap, replicas: number): Deployment {
  const { name = '', namespace = '', uid = '' } = metadata;
  const labels = { [label]: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name,
      namespace,
      labels,
      ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name, uid, controller: true }],
    },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'site', image: data?.image ?? '' }] } },
    },
  };
}

/** Only what this operator sets: the server fills in the rest. */
function differs(found: Deployment, wanted: Deployment): boolean {
  const image = ({ spec }: Deployment) => spec?.template.spec?.containers[0]?.image;
  return found.spec?.replicas !== wanted.spec?.replicas || image(found) !== image(wanted);
}
