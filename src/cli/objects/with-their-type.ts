/** Custom resources that a command deletes after the CustomResourceDefinition of their type, which deletes them too. */
import { StatusError } from '../../api/status.ts';
import type { Objects } from './open-objects.ts';
import type { Target } from './select-targets.ts';

/**
 * Those that are there now. When their turn comes the server may have deleted them already, or have forgotten the whole
 * type: that is no failure, while it is one where they never were.
 */
export async function deletedWithTheirType(
  objects: Pick<Objects, 'readIfThere'>,
  targets: readonly Target[],
): Promise<ReadonlySet<Target>> {
  const types = new Set<string>();
  const found = new Set<Target>();
  for (const target of targets) {
    const { type, name } = target;
    if (type.group === 'apiextensions.k8s.io' && type.kind === 'CustomResourceDefinition') types.add(name);
    else if (types.has(`${type.plural}.${type.group}`) && (await isThere(objects, target))) found.add(target);
  }
  return found;
}

/** Who may delete need not be allowed to read: then it is not known. */
async function isThere(objects: Pick<Objects, 'readIfThere'>, target: Target): Promise<boolean> {
  try {
    return (await objects.readIfThere(target)) !== undefined;
  } catch (error) {
    if (error instanceof StatusError && error.code === 403) return false;
    throw error;
  }
}
