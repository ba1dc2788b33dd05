import type { KubeObject } from '../../api/object.ts';
import { alreadyExists, isReason, StatusError } from '../../api/status.ts';
import { cloneJson } from '../../lib/clone-json.ts';
import type { ServedResource } from '../served-resource.ts';
import { KeyExists } from '../storage/storage.ts';
import type { StoredObject } from '../stored-object.ts';
import { encodeForStorage, storedObject } from '../stored-object.ts';
import { chooseView, sendStored } from '../view.ts';
import { AdmissionChain } from './admission-chain.ts';
import { decodeObject } from './decode.ts';
import { facetOf } from './facet.ts';
import { fillForCreate, generateName, matchNamespace } from './object-meta.ts';
import { emptyObject, trackOwners } from './ownership.ts';
import { checkFieldManager, checkParameters, readDryRun } from './parameters.ts';
import { validateNew } from './validation.ts';
import type { Verb, VerbCall } from './verb.ts';

export const WRITE_PARAMETERS = ['dryRun', 'fieldManager', 'fieldValidation', 'includeObject'];
/** How often a generated name is drawn anew when it is taken. */
const NAME_ATTEMPTS = 8;

/** POST to a collection. */
export const create: Verb = async (call) => {
  const { api, exchange, served, namespace } = call;
  checkParameters(exchange, WRITE_PARAMETERS);
  checkFieldManager(exchange.query, 'CreateOptions');
  const view = chooseView(exchange, 'object');
  const dryRun = readDryRun(exchange.query.getAll('dryRun'), 'CreateOptions');
  const object = await decodeObject(exchange, served.kind, 'CreateOptions');
  matchNamespace(object, namespace);
  const facet = facetOf(served, '');
  const track = (made: KubeObject) => {
    if (facet !== undefined) trackOwners(call, facet, emptyObject(served.kind), made);
  };
  const stored = await createWithName(object, (candidate) => storeNew(call, candidate, { dryRun, track }));
  await sendStored(exchange, 201, view, served.definition, stored, api.now());
};

async function createWithName(
  object: KubeObject,
  store: (candidate: KubeObject) => Promise<StoredObject>,
): Promise<StoredObject> {
  const { name = '', generateName: base = '' } = object.metadata;
  if (name !== '' || base === '') return store(object);
  for (let attempt = 1; ; attempt += 1) {
    const candidate = cloneJson(object);
    candidate.metadata.name = generateName(base);
    try {
      return await store(candidate);
    } catch (error) {
      if (!isReason(error, 'AlreadyExists')) throw error;
      if (attempt === NAME_ATTEMPTS) throw namesTaken(base, error);
    }
  }
}

function namesTaken(base: string, cause: StatusError): StatusError {
  return new StatusError({
    code: 409,
    reason: 'AlreadyExists',
    message: `no free name was found that begins with ${JSON.stringify(base)}, in ${NAME_ATTEMPTS} attempts`,
    ...(cause.status.details === undefined ? {} : { details: { ...cause.status.details, retryAfterSeconds: 1 } }),
  });
}

export interface NewObject {
  dryRun: boolean;
  /** Sets the object's owners, in place, once it has its defaults; absent: it has them. */
  track?(object: KubeObject): void;
}

/**
 * Defaults, admission, preparation, validation and the write itself, in the order that `admission.ts` describes. The
 * object is taken over. Throws `StatusError`: 409 `AlreadyExists`, and what it is refused with.
 */
export async function storeNew(
  { api, exchange, served, namespace }: VerbCall,
  object: KubeObject,
  { dryRun, track }: NewObject,
): Promise<StoredObject> {
  const { definition } = served;
  const { user } = exchange;
  const now = api.now();
  definition.applyDefaults?.(object);
  track?.(object);
  const admission = new AdmissionChain(api.admission, {
    operation: 'CREATE',
    resource: definition,
    subresource: '',
    namespace,
    name: object.metadata.name ?? '',
    object,
    previous: undefined,
    user,
    dryRun,
  });
  let written = false;
  try {
    await admission.admit();
    fillForCreate(object, served, now);
    if (definition.statusSubresource && !definition.keepStatusOnCreate) clearStatus(object, served);
    definition.prepareForCreate?.(object, { now, user, dryRun });
    await admission.reserve();
    validateNew(served, object);
    await admission.validate();
    const name = object.metadata.name ?? '';
    const key = served.key(namespace, name);
    // from the first write on the cache keeps history: a client may watch from the revision that it is answered
    await served.cache.get(key, 0);
    const value = encodeForStorage(object);
    if (dryRun) {
      if ((await served.cache.get(key)) !== undefined) throw alreadyExists(served.resource, name);
      return storedObject(key, value, undefined);
    }
    const revision = await api.storage.create(key, value).catch((error: unknown) => {
      throw error instanceof KeyExists ? alreadyExists(served.resource, name) : error;
    });
    written = true;
    return storedObject(key, value, revision);
  } finally {
    admission.end(written);
  }
}

function clearStatus(object: KubeObject & { status?: unknown }, { emptyStatus }: ServedResource): void {
  const empty = emptyStatus();
  if (empty === undefined) delete object.status;
  else object.status = JSON.parse(empty);
}
