/** Quantities as numbers, and what pods ask of nodes. */
import type { Pod } from '../../api/types/core-v1.ts';

const factors: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** A quantity in thousandths (cpu) or units, rounded up to thousandths; 0 for what is no quantity. */
export function amountOf(quantity: string | number | undefined): number {
  if (typeof quantity === 'number') return quantity;
  const match = /^([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)([a-zA-Z]*)$/.exec(quantity ?? '');
  const factor = factors[match?.[2] ?? ''];
  if (match === null || factor === undefined) return 0;
  return Math.ceil(Number((Number(match[1]) * factor * 1000).toFixed(3))) / 1000;
}

export type Amounts = Map<string, number>;

export function addAmounts(to: Amounts, amounts: ReadonlyMap<string, number>, times = 1): void {
  for (const [name, amount] of amounts) to.set(name, (to.get(name) ?? 0) + times * amount);
}

/** The pod's requests: of its containers and sidecars together, or of its largest init container, and its overhead. */
export function requestsOf({ spec }: Pod): Amounts {
  const sum: Amounts = new Map([['pods', 1]]);
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
  return new Map(Object.entries(list ?? {}).map(([name, quantity]) => [name, amountOf(quantity)]));
}
