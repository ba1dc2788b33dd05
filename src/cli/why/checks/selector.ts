/** Whether pods match the selector; if not, which label differs in those that come nearest. */
import type { Pod } from '../../../api/types/core-v1.ts';
import { nearest } from '../../nearest.ts';
import { failed, type ObjectCheck, ok, skipped } from '../check.ts';

export const selectorCheck: ObjectCheck = {
  name: 'selector',
  check(facts) {
    const { service, workload, pods, allPods, target, kubectl } = facts;
    const selector = target.kind === 'service' ? service?.spec?.selector : workload?.spec?.selector?.matchLabels;
    if (selector === undefined || Object.keys(selector).length === 0) return undefined;
    const text = Object.entries(selector)
      .map(([key, value]) => `${key}=${value}`)
      .join(',');
    if (allPods === undefined) return skipped('pods may not be listed');
    if (pods.length > 0)
      return ok(`${text} matches ${pods.length === 1 ? `the pod ${pods[0]?.metadata.name}` : `${pods.length} pods`}`);
    if (workload?.spec?.replicas === 0)
      return failed(
        'it is scaled to 0',
        kubectl(`scale ${target.kind === 'workload' ? target.type.slice(0, -1) : ''} ${target.name} --replicas=1`),
      );
    const finished = allPods.filter((pod) => matches(pod, selector));
    if (finished.length > 0)
      return failed(
        `all pods that match ${text} have ended (${finished
          .map(({ metadata }) => metadata.name)
          .slice(0, 5)
          .join(', ')})`,
        kubectl(`get pods -l ${text}`),
      );
    const near = nearestPod(allPods, selector);
    if (near === undefined) {
      const says =
        allPods.length === 0
          ? `no pod matches ${text}: the namespace has no pods`
          : `no pod matches ${text}: none of the namespace's ${allPods.length} has any of these labels`;
      return failed(says, kubectl('get pods --show-labels'));
    }
    const differs = Object.entries(selector).flatMap(([key, value]) => {
      const is = near.metadata.labels?.[key];
      return is === value ? [] : [{ key, value, is }];
    });
    const difference = differs
      .map(({ key, value, is }) =>
        is === undefined ? `no ${key} (wanted: ${value})` : `${key}=${is} (wanted: ${value})`,
      )
      .join(', ');
    const says = `no pod matches ${text}; the nearest, ${near.metadata.name}, has ${difference}`;
    const corrected = Object.fromEntries(differs.map(({ key, is }) => [key, is ?? null]));
    const patch = JSON.stringify({ spec: { selector: corrected } });
    if (target.kind !== 'service') return failed(says, kubectl('get pods --show-labels'));
    return failed(says, kubectl(`patch service ${target.name} -p '${patch}'`));
  },
};

function matches({ metadata }: Pod, selector: Readonly<Record<string, string>>): boolean {
  return Object.entries(selector).every(([key, value]) => metadata.labels?.[key] === value);
}

/** The one with most of the labels, by their values first, then by values that are mistyped, then by their keys. */
function nearestPod(pods: readonly Pod[], selector: Readonly<Record<string, string>>): Pod | undefined {
  const score = ({ metadata: { labels = {} } }: Pod): number =>
    Object.entries(selector).reduce((sum, [key, value]) => sum + likeness(labels[key], value), 0);
  const [best] = [...pods].sort((a, b) => score(b) - score(a));
  return best !== undefined && score(best) > 0 ? best : undefined;
}

function likeness(is: string | undefined, wanted: string): number {
  if (is === undefined) return 0;
  if (is === wanted) return 10;
  return nearest(wanted, [is]) === undefined ? 1 : 5;
}
