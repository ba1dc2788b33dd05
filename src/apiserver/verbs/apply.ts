/** Server-side apply: PATCH with a document of what its sender wants to own. After `apiserver/pkg/endpoints/handlers`. */
import { applyDocument } from '../../api/apply/apply-document.ts';
import { isTrue } from '../../api/query-boolean.ts';
import { badRequest, conflict, isReason } from '../../api/status.ts';
import { required } from '../../api/validation/field-errors.ts';
import { requireRight } from '../auth/forbidden.ts';
import type { Exchange } from '../exchange.ts';
import { attributesOf } from '../filters/authorization.ts';
import { readYamlOrJson } from '../request-body.ts';
import type { StoredObject } from '../stored-object.ts';
import { chooseView, sendStored } from '../view.ts';
import { changeStored, targetOf } from './change.ts';
import { conformTo } from './conform-to.ts';
import { storeNew, WRITE_PARAMETERS } from './create.ts';
import type { Facet } from './facet.ts';
import { matchName, matchNamespace, matchPatched } from './object-meta.ts';
import { emptyObject, setOwners, writingOf } from './ownership.ts';
import type { FieldValidation } from './parameters.ts';
import { checkFieldManager, checkParameters, invalidOptions, readDryRun, readFieldValidation } from './parameters.ts';
import type { VerbCall } from './verb.ts';

interface Application {
  call: VerbCall;
  facet: Facet;
  /** As it was sent. */
  applied: unknown;
  force: boolean;
  dryRun: boolean;
}

/** How often an object that came or went meanwhile is looked at anew. */
const ATTEMPTS = 8;

/** Creates the object where there is none (201), and changes what it does not say to be otherwise. */
export async function apply(call: VerbCall, facet: Facet): Promise<void> {
  const { api, exchange } = call;
  const { query } = exchange;
  checkParameters(exchange, [...WRITE_PARAMETERS, 'force']);
  const view = chooseView(exchange, 'object');
  requireFieldManager(query);
  const dryRun = readDryRun(query.getAll('dryRun'), 'PatchOptions');
  const validation = readFieldValidation(query, 'PatchOptions');
  const { value, complaints } = await readYamlOrJson(exchange);
  tellDuplicates(exchange, validation, complaints);
  const force = isTrue(query.get('force'));
  const { stored, created } = await store({ call, facet, applied: value, force, dryRun });
  await sendStored(exchange, created ? 201 : 200, view, facet.definition, facet.show(stored), api.now());
}

function requireFieldManager(query: URLSearchParams): void {
  checkFieldManager(query, 'PatchOptions');
  if ((query.get('fieldManager') ?? '') === '') {
    throw invalidOptions('PatchOptions', [required('fieldManager', 'is required for apply patch')]);
  }
}

function tellDuplicates({ warnings }: Exchange, validation: FieldValidation, complaints: readonly string[]): void {
  if (complaints.length === 0 || validation === 'Ignore') return;
  if (validation === 'Strict') throw badRequest(`error strict decoding YAML: ${complaints.join(', ')}`);
  warnings.push(...complaints);
}

async function store(application: Application): Promise<{ stored: StoredObject; created: boolean }> {
  const { call } = application;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return { stored: await change(application), created: false };
    } catch (error) {
      if (!isReason(error, 'NotFound') || call.exchange.info.subresource !== '') throw error;
    }
    try {
      return { stored: await create(application), created: true };
    } catch (error) {
      // somebody else has made it meanwhile
      if (!isReason(error, 'AlreadyExists') || attempt === ATTEMPTS) throw error;
    }
  }
}

function change({ call, facet, applied, force, dryRun }: Application): Promise<StoredObject> {
  const { exchange } = call;
  const { kind, ownership } = facet;
  const told = [...exchange.warnings];
  return changeStored({
    ...targetOf(call, facet, dryRun),
    want({ object: current }) {
      const live = ownership.view(current);
      const writing = writingOf(call, facet);
      const made = applyDocument({ writing, kind, live, applied, force, empty: emptyObject(kind) });
      // an attempt that came too late has warned already
      exchange.warnings.splice(0, exchange.warnings.length, ...told);
      const sent = conformTo(exchange, { ...made }, kind, 'Ignore', []);
      matchPatched(sent, live, call);
      const next = facet.merge(current, sent);
      setOwners(next, ownership.owners(current, made.metadata.managedFields));
      return next;
    },
  });
}

async function create({ call, facet, applied, force, dryRun }: Application): Promise<StoredObject> {
  const { api, exchange, served, namespace, name } = call;
  const { kind } = facet;
  const empty = emptyObject(kind);
  const made = applyDocument({ writing: writingOf(call, facet), kind, live: empty, applied, force, empty });
  const { uid = '' } = made.metadata;
  if (uid !== '') {
    const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
    throw conflict(served.resource, name, why);
  }
  const object = conformTo(exchange, { ...made }, kind, 'Ignore', []);
  matchName(object, name);
  matchNamespace(object, namespace);
  // of what is not there any version is as good as another
  delete object.metadata.resourceVersion;
  // who may change what is there may not therefore make what is not
  await requireRight(api.authorizer, { ...attributesOf(exchange), verb: 'create' });
  return storeNew(call, object, { dryRun });
}
