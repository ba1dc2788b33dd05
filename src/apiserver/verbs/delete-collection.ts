import { isReason } from '../../api/status.ts';
import type { StoredObject } from '../stored-object.ts';
import { chooseView } from '../view.ts';
import { DELETE_PARAMETERS, readDeleteOptions } from './delete-options.ts';
import { LIST_PARAMETERS, sendList } from './list.ts';
import { checkParameters, readNumber } from './parameters.ts';
import { removeStored } from './removal.ts';
import { readSelection } from './selection.ts';
import type { Verb } from './verb.ts';

/** How many objects are deleted side by side. */
const SIDE_BY_SIDE = 8;

/** DELETE of a collection: each selected object as if alone; one that is gone meanwhile is no error. Answers with what was deleted. */
export const removeCollection: Verb = async (call) => {
  const { api, exchange, served, namespace, name } = call;
  checkParameters(exchange, [...LIST_PARAMETERS, ...DELETE_PARAMETERS]);
  const view = chooseView(exchange, 'list');
  const options = await readDeleteOptions(exchange);
  const selection = readSelection(exchange.query, served, name);
  const { items, revision } = await served.cache.list({
    prefix: served.prefix(namespace),
    limit: readNumber(exchange.query, 'limit') ?? 0,
    ...(selection === undefined ? {} : { filter: selection }),
  });
  const removed: StoredObject[] = [];
  const queue = items.values();
  const work = async () => {
    for (const { object } of queue) {
      const { name: itsName = '', namespace: itsNamespace = '' } = object.metadata;
      try {
        const target = { api, served, namespace: itsNamespace, name: itsName, user: exchange.user, options };
        removed.push((await removeStored(target)).stored);
      } catch (error) {
        if (!isReason(error, 'NotFound')) throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work));
  await sendList(call, view, { resourceVersion: String(revision) }, removed);
};
