/** Values of `resourceFieldRef` selectors, after `pkg/api/v1/resource`. */
import type { Container, ResourceFieldSelector } from '../../api/types/core-v1.ts';
import { ConfigError } from './config-error.ts';

/** What limits mean where a container has none: the node's allocatable quantities. */
export interface NodeResources {
  cpu: string;
  memory: string;
  'ephemeral-storage': string;
}

const SUFFIXES: Readonly<Record<string, number>> = {
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

/** The value divided by the divisor, rounded up. Throws `ConfigError` for an unknown resource. */
export function resourceField(selector: ResourceFieldSelector, container: Container, node: NodeResources): string {
  const match = /^(limits|requests)\.(cpu|memory|ephemeral-storage)$/.exec(selector.resource);
  const [, list, name] = match ?? [];
  if (name !== 'cpu' && name !== 'memory' && name !== 'ephemeral-storage') {
    throw new ConfigError(`unsupported container resource: ${selector.resource}`);
  }
  const { limits = {}, requests = {} } = container.resources ?? {};
  const limit = limits[name] ?? node[name];
  const quantity = list === 'limits' ? limit : (requests[name] ?? limits[name] ?? '0');
  const divisor = amount(selector.divisor ?? '1') || 1;
  // Millionths take away what binary fractions add before rounding up.
  return String(Math.ceil(Number((amount(quantity) / divisor).toFixed(6))));
}

function amount(quantity: string): number {
  const match = /^([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)([a-zA-Z]*)$/.exec(quantity);
  const factor = SUFFIXES[match?.[2] ?? ''];
  if (match === null || factor === undefined) throw new ConfigError(`not a quantity: ${quantity}`);
  return Number(match[1]) * factor;
}
