/** Writing a changed object: everything between what a client wants and what is stored. Update, patch and scale end here. */
import type { KubeObject } from '../../api/object.ts';
import { equalJson } from '../../lib/equal-json.ts';
import type { UserInfo } from '../auth/types.ts';
import type { ResourceDefinition } from '../resources/resource.ts';
import type { ServedResource } from '../served-resource.ts';
import type { StoredObject } from '../stored-object.ts';
import { encodeForStorage, storedObject } from '../stored-object.ts';
import { AdmissionChain } from './admission-chain.ts';
import { withNewest } from './compare-and-swap.ts';
import { fillForUpdate } from './object-meta.ts';
import { checkPreconditions } from './preconditions.ts';
import { validateChange, validateMetaChange } from './validation.ts';
import type { ApiContext, VerbCall } from './verb.ts';

/** What of an object is written; only `main` is prepared and validated by the kind, the others change less or know better. */
export type WrittenPart = 'main' | 'status' | 'finalize' | 'unchecked';

export interface Change {
  api: ApiContext;
  served: ServedResource;
  namespace: string;
  name: string;
  user: UserInfo;
  dryRun: boolean;
  /** For admission: `status`, `scale`… */
  subresource: string;
  part: WrittenPart;
  /** Sets the owners of what is wanted, in place; absent: `want` has done so, or they stay. */
  track?: ((next: KubeObject, previous: KubeObject) => void) | undefined;
  /**
   * What is wanted, given what is stored; called again after a conflict. The result is the caller's own copy. Its
   * resourceVersion and uid, where given, are preconditions.
   */
  want(current: StoredObject): KubeObject | Promise<KubeObject>;
}

/** What is changed by a client that writes through a facet. */
export function targetOf(
  { api, exchange, served, namespace, name }: VerbCall,
  { part }: Pick<Change, 'part'>,
  dryRun: boolean,
): Omit<Change, 'track' | 'want'> {
  return { api, served, namespace, name, user: exchange.user, dryRun, subresource: exchange.info.subresource, part };
}

/** The object as it is stored now, or was when this change removed it. Throws `StatusError` 404, 409, 422. */
export function changeStored(change: Change): Promise<StoredObject> {
  const { served, namespace, name } = change;
  return withNewest(served, namespace, name, (current) => attempt(change, current));
}

async function attempt(change: Change, current: StoredObject): Promise<StoredObject> {
  const { api, served, namespace, name, user, dryRun, subresource, part } = change;
  const { definition } = served;
  const previous = current.object;
  const next = await change.want(current);
  checkPreconditions(served, previous, next.metadata);
  if (part !== 'unchecked') definition.applyDefaults?.(next);
  change.track?.(next, previous);
  const admission = new AdmissionChain(api.admission, {
    operation: 'UPDATE',
    resource: definition,
    subresource,
    namespace,
    name,
    object: next,
    previous,
    user,
    dryRun,
  });
  let written = false;
  try {
    await admission.admit();
    fillForUpdate(next, previous);
    if (part === 'main') prepareMain(change, next, previous);
    await admission.reserve();
    if (part === 'main') validateChange(served, next, previous, definition.parts?.get(subresource));
    else if (part === 'status') validateMetaChange(served, next, previous);
    await admission.validate();
    delete next.metadata.resourceVersion;
    if (isFinalized(served, next)) {
      if (!dryRun) await api.storage.delete(current.key, current.revision);
      written = !dryRun;
      return storedObject(current.key, encodeForStorage(next), current.revision);
    }
    if (isUnchanged(withOwnersOf(previous, next), previous)) return current;
    const value = encodeForStorage(next);
    if (dryRun) return storedObject(current.key, value, current.revision);
    const revision = await api.storage.update(current.key, value, current.revision);
    written = true;
    return storedObject(current.key, value, revision);
  } finally {
    admission.end(written);
  }
}

interface WithStatus extends KubeObject {
  status?: unknown;
}

function prepareMain({ api, served, user, dryRun }: Change, next: WithStatus, previous: WithStatus): void {
  const { definition } = served;
  if (definition.statusSubresource) {
    if (previous.status === undefined) delete next.status;
    else next.status = previous.status;
  }
  definition.prepareForUpdate?.(next, previous, { now: api.now(), user, dryRun });
  const { generation } = definition;
  if (generation && !equalJson(intentOf(next, generation), intentOf(previous, generation))) {
    next.metadata.generation = (previous.metadata.generation ?? 0) + 1;
  }
}

/** What metadata.generation counts the changes of. */
function intentOf(
  { metadata, status: _status, ...intent }: WithStatus,
  counted: NonNullable<ResourceDefinition['generation']>,
): object {
  return counted === true ? intent : { ...intent, [counted]: metadata[counted] ?? {} };
}

/** True when nothing holds an object that is being deleted any more. */
export function isFinalized({ definition }: ServedResource, object: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, finalizers = [] } = object.metadata;
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds > 0 || finalizers.length > 0) return false;
  return (definition.ownFinalizers?.read(object) ?? []).length === 0;
}

/** The same object; where owners differ in nothing but when they wrote, with those of `previous`. */
function withOwnersOf(previous: KubeObject, next: KubeObject): KubeObject {
  const { managedFields: before = [] } = previous.metadata;
  const { managedFields: after = [] } = next.metadata;
  if (after.length === 0 || before.length !== after.length) return next;
  const isSame = after.every((entry, at) => {
    const old = before[at];
    return entry === old || equalJson({ ...entry, time: undefined }, { ...old, time: undefined });
  });
  return isSame ? { ...next, metadata: { ...next.metadata, managedFields: before } } : next;
}

/** A write that changes nothing is none: it makes no revision and wakes no watcher. */
function isUnchanged(next: KubeObject, { metadata, ...previous }: KubeObject): boolean {
  const { resourceVersion: _revision, ...kept } = metadata;
  return equalJson(next, { ...previous, metadata: kept });
}
