import { notFound } from '../../api/status.ts';
import { chooseView, sendStored } from '../view.ts';
import type { Facet } from './facet.ts';
import { checkParameters, readRevision } from './parameters.ts';
import type { VerbCall } from './verb.ts';

/** GET of one object: the newest, or with resourceVersion one at least so new (0: whatever is at hand). */
export async function get({ api, exchange, served, namespace, name }: VerbCall, facet: Facet): Promise<void> {
  checkParameters(exchange, ['resourceVersion', 'includeObject']);
  const view = chooseView(exchange, 'object');
  const atLeast = readRevision(exchange.query.get('resourceVersion'));
  const stored = await served.cache.get(served.key(namespace, name), atLeast);
  if (stored === undefined) throw notFound(served.resource, name);
  await sendStored(exchange, 200, view, facet.definition, facet.show(stored), api.now());
}
