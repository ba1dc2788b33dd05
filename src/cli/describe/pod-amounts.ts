/** What a pod as a whole requests or is limited to, after `component-helpers/resource`. */
import { parseQuantity, type Quantity } from '../../api/quantity/quantity.ts';
import type { Container, ContainerStatus, Pod } from '../../api/types/core-v1.ts';

export type Amounts = Map<string, Quantity>;

/** `actual`: what containers were really given counts too, where that is more than what was asked. */
export function podAmounts(pod: Pod, list: 'requests' | 'limits', { actual }: { actual: boolean }): Amounts {
  const { spec, status = {} } = pod;
  const statuses = [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])];
  const resizeRefused = (status.conditions ?? []).some(
    ({ type, reason }) => type === 'PodResizePending' && reason === 'Infeasible',
  );
  const ofContainer = (container: Container): Amounts => {
    const wanted = amountsOf(container.resources?.[list]);
    const given = actual ? statuses.find(({ name }) => name === container.name) : undefined;
    if (given?.resources === undefined) return wanted;
    return greatest([...(resizeRefused ? [] : [wanted]), ...givenAmounts(given, list)]);
  };
  const sum: Amounts = new Map();
  for (const container of spec?.containers ?? []) addAmounts(sum, ofContainer(container));

  // Those that go on running count beside all that follow; of the others, the greediest while it runs.
  const besides: Amounts = new Map();
  const starts: Amounts[] = [];
  for (const container of spec?.initContainers ?? []) {
    if (container.restartPolicy === 'Always') {
      const own = ofContainer(container);
      addAmounts(sum, own);
      addAmounts(besides, own);
      starts.push(new Map(besides));
    } else {
      const meanwhile = amountsOf(container.resources?.[list]);
      addAmounts(meanwhile, besides);
      starts.push(meanwhile);
    }
  }
  const amounts = greatest([sum, ...starts]);
  for (const [resource, amount] of amountsOf(spec?.resources?.[list])) {
    if (isPodLevel(resource)) amounts.set(resource, amount);
  }
  for (const [resource, overhead] of amountsOf(spec?.overhead)) {
    const known = amounts.get(resource);
    if (known !== undefined) amounts.set(resource, known.plus(overhead));
    else if (list === 'requests') amounts.set(resource, overhead);
  }
  return amounts;
}

function givenAmounts({ resources, allocatedResources }: ContainerStatus, list: 'requests' | 'limits'): Amounts[] {
  return list === 'limits'
    ? [amountsOf(resources?.limits)]
    : [amountsOf(resources?.requests), amountsOf(allocatedResources)];
}

function isPodLevel(resource: string): boolean {
  return resource === 'cpu' || resource === 'memory' || resource.startsWith('hugepages-');
}

/** Texts that are no quantity are left out: no server keeps them. */
export function amountsOf(texts: Readonly<Record<string, string>> | undefined): Amounts {
  return new Map(
    Object.entries(texts ?? {}).flatMap(([resource, text]) => {
      const amount = parseQuantity(text);
      return amount === undefined ? [] : [[resource, amount]];
    }),
  );
}

export function addAmounts(sum: Amounts, more: Amounts): void {
  for (const [resource, amount] of more) sum.set(resource, sum.get(resource)?.plus(amount) ?? amount);
}

function greatest(all: readonly Amounts[]): Amounts {
  const result: Amounts = new Map();
  for (const [resource, amount] of all.flatMap((amounts) => [...amounts])) {
    const known = result.get(resource);
    if (known === undefined || amount.compare(known) > 0) result.set(resource, amount);
  }
  return result;
}
