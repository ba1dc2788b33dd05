import type { KubeObject } from '../../api/object.ts';
import { isReason } from '../../api/status.ts';
import { cloneJson } from '../../lib/clone-json.ts';
import { requireRight } from '../auth/forbidden.ts';
import { attributesOf } from '../filters/authorization.ts';
import type { StoredObject } from '../stored-object.ts';
import { chooseView, sendStored } from '../view.ts';
import { changeStored, targetOf } from './change.ts';
import { storeNew, WRITE_PARAMETERS } from './create.ts';
import { decodeObject } from './decode.ts';
import type { Facet } from './facet.ts';
import { matchName, matchNamespace } from './object-meta.ts';
import { emptyObject, trackOwners } from './ownership.ts';
import { checkFieldManager, checkParameters, readDryRun } from './parameters.ts';
import { checkPreconditions } from './preconditions.ts';
import type { VerbCall } from './verb.ts';

interface Update {
  call: VerbCall;
  facet: Facet;
  sent: KubeObject;
  dryRun: boolean;
}

/** How often an object that came or went meanwhile is looked at anew. */
const ATTEMPTS = 8;

/** PUT: the object as a whole; without a resourceVersion whatever is stored is replaced. Of some kinds it creates (201). */
export async function update(call: VerbCall, facet: Facet): Promise<void> {
  const { api, exchange, namespace, name } = call;
  checkParameters(exchange, WRITE_PARAMETERS);
  checkFieldManager(exchange.query, 'UpdateOptions');
  const view = chooseView(exchange, 'object');
  const dryRun = readDryRun(exchange.query.getAll('dryRun'), 'UpdateOptions');
  const sent = await decodeObject(exchange, facet.kind, 'UpdateOptions');
  matchName(sent, name);
  matchNamespace(sent, namespace);
  const { stored, created } = await store({ call, facet, sent, dryRun });
  await sendStored(exchange, created ? 201 : 200, view, facet.definition, facet.show(stored), api.now());
}

async function store(update: Update): Promise<{ stored: StoredObject; created: boolean }> {
  const { exchange, served } = update.call;
  const creates = served.definition.createdByUpdate === true && exchange.info.subresource === '';
  for (let attempt = 1; ; attempt += 1) {
    try {
      return { stored: await change(update), created: false };
    } catch (error) {
      if (!isReason(error, 'NotFound') || !creates) throw error;
    }
    try {
      return { stored: await create(update), created: true };
    } catch (error) {
      // somebody else has made it meanwhile
      if (!isReason(error, 'AlreadyExists') || attempt === ATTEMPTS) throw error;
    }
  }
}

function change({ call, facet, sent, dryRun }: Update): Promise<StoredObject> {
  return changeStored({
    ...targetOf(call, facet, dryRun),
    track: (next, previous) => trackOwners(call, facet, previous, next),
    want: (current) => facet.merge(current.object, sent),
  });
}

async function create({ call, facet, sent, dryRun }: Update): Promise<StoredObject> {
  const { api, exchange, served, name } = call;
  const empty = emptyObject(facet.kind);
  checkPreconditions(served, { ...empty, metadata: { name } }, { uid: sent.metadata.uid });
  const object = cloneJson(sent);
  // of what is not there any version is as good as another
  delete object.metadata.resourceVersion;
  // who may change what is there may not therefore make what is not
  await requireRight(api.authorizer, { ...attributesOf(exchange), verb: 'create' });
  return storeNew(call, object, { dryRun, track: (made) => trackOwners(call, facet, empty, made) });
}
