import { notFound } from '../../api/status.ts';
import { chooseView, sendStored } from '../view.ts';
import { checkParameters, readRevision } from './parameters.ts';
import type { Verb } from './verb.ts';

/** GET of one object: the newest, or with resourceVersion one at least so new (0: whatever is at hand). */
export const get: Verb = async ({ api, exchange, served, namespace, name }) => {
  checkParameters(exchange, ['resourceVersion', 'includeObject']);
  const view = chooseView(exchange, 'object');
  const atLeast = readRevision(exchange.query.get('resourceVersion'));
  const stored = await served.cache.get(served.key(namespace, name), atLeast);
  if (stored === undefined) throw notFound(served.resource, name);
  await sendStored(exchange, 200, view, served.definition, stored, api.now());
};
