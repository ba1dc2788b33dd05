/** What the pods of a node ask of it, each and together. */
import { Quantity } from '../../api/quantity/quantity.ts';
import type { Node, Pod } from '../../api/types/core-v1.ts';
import { ageOf } from '../../apiserver/table/human-duration.ts';
import type { Description } from './description.ts';
import { type Amounts, addAmounts, amountsOf, podAmounts } from './pod-amounts.ts';

const none = new Quantity(0n, 0);

export function describeAllocation(out: Description, { status = {} }: Node, pods: readonly Pod[]): void {
  const { capacity, allocatable } = status;
  const available = amountsOf(Object.keys(allocatable ?? {}).length > 0 ? allocatable : capacity);
  const share = (amount: Quantity, resource: string): string =>
    `${amount} (${percent(amount, available.get(resource) ?? none)}%)`;

  out.field(0, 'Non-terminated Pods', `(${pods.length} in total)`);
  const headings = ['CPU Requests', 'CPU Limits', 'Memory Requests', 'Memory Limits', 'Age'];
  out.table(
    1,
    ['Namespace', 'Name', '', ...headings],
    pods.map((pod) => {
      const requests = podAmounts(pod, 'requests', { actual: true });
      const limits = podAmounts(pod, 'limits', { actual: true });
      const shares = ['cpu', 'memory'].flatMap((resource) =>
        [requests, limits].map((amounts) => share(amounts.get(resource) ?? none, resource)),
      );
      const { namespace = '', name = '', creationTimestamp } = pod.metadata;
      return [namespace, name, '', ...shares, ageOf(creationTimestamp, new Date())];
    }),
  );

  const requests = total(pods, 'requests');
  const limits = total(pods, 'limits');
  const row = (resource: string): string[] => [
    resource,
    ...[requests, limits].map((amounts) => share(amounts.get(resource) ?? none, resource)),
  ];
  out.line(0, 'Allocated resources:');
  out.line(1, '(Total limits may be over 100 percent, i.e., overcommitted.)');
  const others = [...available.keys()].filter((resource) => !standard.includes(resource)).sort();
  const isPages = (resource: string): boolean => resource.startsWith('hugepages-');
  out.table(
    1,
    ['Resource', 'Requests', 'Limits'],
    [
      ...['cpu', 'memory', 'ephemeral-storage', ...others.filter(isPages)].map(row),
      ...others
        .filter((resource) => !isPages(resource))
        .map((resource) => [resource, ...[requests, limits].map((amounts) => `${amounts.get(resource) ?? none}`)]),
    ],
  );
}

const standard = ['cpu', 'memory', 'ephemeral-storage', 'pods'];

/** Without a fraction; 0 of nothing. */
function percent(amount: Quantity, whole: Quantity): number {
  return whole.sign() === 0 ? 0 : Math.trunc((amount.toNumber() / whole.toNumber()) * 100);
}

function total(pods: readonly Pod[], list: 'requests' | 'limits'): Amounts {
  const sum: Amounts = new Map();
  for (const pod of pods) addAmounts(sum, podAmounts(pod, list, { actual: false }));
  return sum;
}
