/** What pods ask of nodes, and what nodes have, as numbers. */
import { parseQuantity } from '../../api/quantity/quantity.ts';
import type { Pod } from '../../api/types/core-v1.ts';

/** A quantity in whole thousandths, rounded up, so that sums are exact; 0 for what is no quantity. */
export function thousandthsOf(quantity: string): number {
  const parsed = parseQuantity(quantity);
  return parsed === undefined ? 0 : Math.round(parsed.roundUpToThousandths().toNumber() * 1000);
}

/** Thousandths by resource name. */
export type Amounts = Map<string, number>;

export function addAmounts(to: Amounts, amounts: ReadonlyMap<string, number>, times = 1): void {
  for (const [name, amount] of amounts) to.set(name, (to.get(name) ?? 0) + times * amount);
}

/** The pod's requests: of its containers and sidecars together, or of its largest init container, and its overhead. */
export function requestsOf({ spec }: Pod): Amounts {
  const sum: Amounts = new Map([['pods', 1000]]);
  for (const { resources } of spec?.containers ?? []) addAmounts(sum, toAmounts(resources?.requests));
  const initial: Amounts[] = [];
  for (const { resources, restartPolicy } of spec?.initContainers ?? []) {
    const requests = toAmounts(resources?.requests);
    if (restartPolicy === 'Always') addAmounts(sum, requests);
    else initial.push(requests);
  }
  for (const requests of initial) {
    for (const [name, amount] of requests) sum.set(name, Math.max(sum.get(name) ?? 0, amount));
  }
  addAmounts(sum, toAmounts(spec?.overhead));
  return sum;
}

export function toAmounts(list: Readonly<Record<string, string>> | undefined): Amounts {
  return new Map(Object.entries(list ?? {}).map(([name, quantity]) => [name, thousandthsOf(quantity)]));
}
