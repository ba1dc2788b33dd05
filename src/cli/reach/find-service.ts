/** The service that a user means: in the namespace that was named, or the only one of that name anywhere. */

import type { Service } from '../../api/types/core-v1.ts';
import type { ClusterClient } from '../../client/cluster-client.ts';
import { CommandError } from '../command.ts';
import { nearest } from '../nearest.ts';
import { readable } from '../why/facts.ts';

export interface WantedService {
  name: string;
  /** Undefined: not named, so that other namespaces may have it. */
  namespace: string | undefined;
}

/**
 * The namespace it is in. Undefined where services may not be read: then it is for others to find. Throws CommandError
 * with the nearest name where there is none.
 */
export async function findServiceNamespace(
  client: ClusterClient,
  { name, namespace }: WantedService,
  { own, signal }: { own: string; signal: AbortSignal },
): Promise<string | undefined> {
  const services = client.resource<Service>('v1', 'services');
  const at = namespace ?? own;
  const here = await readable(services.list({ namespace: at, signal }));
  if (here?.items.some(({ metadata }) => metadata.name === name) === true) return at;
  const all = await readable(client.metadata('v1', 'services').list({ signal }));
  if (here === undefined && all === undefined) return undefined;
  const others = (all?.items ?? here?.items ?? []).map(({ metadata }) => metadata);
  const same = others.filter((each) => each.name === name).map((each) => each.namespace ?? '');
  if (namespace === undefined && same.length === 1) return same[0];
  const missing = `there is no service "${name}" in the namespace "${at}"`;
  if (same.length > 0)
    throw new CommandError(`${missing}; there is ${same.map((each) => `${name}.${each}`).join(', ')}`);
  const names = others.map((each) => `${each.name}.${each.namespace}`);
  const close =
    nearest(
      name,
      others.filter((each) => each.namespace === at).map((each) => each.name ?? ''),
    ) ??
    nearest(`${name}.${at}`, names) ??
    (namespace === undefined
      ? names.find((each) => nearest(name, [each.split('.')[0] ?? '']) !== undefined)
      : undefined);
  throw new CommandError(
    close === undefined ? `${missing}: "fairlead ls" lists what there is` : `${missing} (did you mean "${close}"?)`,
  );
}
