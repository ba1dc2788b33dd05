import { chooseView, sendStored } from '../view.ts';
import { changeStored, targetOf } from './change.ts';
import { WRITE_PARAMETERS } from './create.ts';
import { decodeObject } from './decode.ts';
import type { Facet } from './facet.ts';
import { matchName, matchNamespace } from './object-meta.ts';
import { trackOwners } from './ownership.ts';
import { checkFieldManager, checkParameters, readDryRun } from './parameters.ts';
import type { VerbCall } from './verb.ts';

/** PUT: the object as a whole; without a resourceVersion whatever is stored is replaced. */
export async function update(call: VerbCall, facet: Facet): Promise<void> {
  const { api, exchange, namespace, name } = call;
  checkParameters(exchange, WRITE_PARAMETERS);
  checkFieldManager(exchange.query, 'UpdateOptions');
  const view = chooseView(exchange, 'object');
  const dryRun = readDryRun(exchange.query.getAll('dryRun'), 'UpdateOptions');
  const sent = await decodeObject(exchange, facet.kind, 'UpdateOptions');
  matchName(sent, name);
  matchNamespace(sent, namespace);
  const stored = await changeStored({
    ...targetOf(call, facet, dryRun),
    track: (next, previous) => trackOwners(call, facet, previous, next),
    want: (current) => facet.merge(current.object, sent),
  });
  await sendStored(exchange, 200, view, facet.definition, facet.show(stored), api.now());
}
