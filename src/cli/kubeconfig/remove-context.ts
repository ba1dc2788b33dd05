/** Takes a cluster out of a user's kubeconfig, leaving everything else as it was. */
import { stat } from 'node:fs/promises';
import { editKubeconfig, fieldsOf, foreignServer, itemsOf } from './edit-file.ts';

/**
 * Takes the context out, and its cluster and user where no other context uses them. A current context of that name is unset.
 * A missing file, or one without the context, gives false.
 */
export async function removeContext({ file, name }: { file: string; name: string }): Promise<boolean> {
  if ((await stat(file).catch(() => undefined)) === undefined) return false;
  const { changed } = await editKubeconfig(file, undefined, (config) => {
    if (foreignServer(config, name) !== undefined) return {};
    config.removeItem('contexts', name);
    for (const [list, field] of [
      ['clusters', 'cluster'],
      ['users', 'user'],
    ] as const) {
      const used = itemsOf(config.value, 'contexts').some((item) => fieldsOf(item, 'context')[field] === name);
      if (!used) config.removeItem(list, name);
    }
    if (config.value['current-context'] === name) config.setCurrentContext('');
    return {};
  });
  return changed;
}
