/** Whether the pods run and are ready; if not, what keeps them. */
import { failed, note, type ObjectCheck, ok } from '../check.ts';
import { isReadyPod, podTrouble } from '../pod-trouble.ts';

export const podsCheck: ObjectCheck = {
  name: 'pods',
  check({ pods, events, kubectl, target }) {
    if (pods.length === 0) return undefined;
    const bad = pods.flatMap((pod) => {
      const trouble = podTrouble(pod, events);
      return trouble === undefined ? [] : [{ name: pod.metadata.name ?? '', ...trouble }];
    });
    const ready = pods.filter(isReadyPod).length;
    const restarted = pods.flatMap(({ metadata, status }) => {
      const count = (status?.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0);
      return count > 0 ? [`${metadata.name} has restarted ${count} times`] : [];
    });
    const restarts = restarted.length === 0 ? '' : `; ${restarted.slice(0, 3).join(', ')}`;
    const [first] = bad;
    if (first === undefined) return ok(`${ready} of ${pods.length} ready${restarts}`);
    const says = `${ready} of ${pods.length} ready; ${bad
      .slice(0, 3)
      .map(({ name, says: why }) => `${name}: ${why}`)
      .join('; ')}`;
    const fix = kubectl(first.fix);
    // A pod that was named is the only one that counts.
    return ready > 0 && target.kind !== 'pod' ? note(says, fix) : failed(says, fix);
  },
};
