import type { ListMeta } from '../../api/object.ts';
import type { FieldError } from '../../api/status.ts';
import { badRequest, StatusError } from '../../api/status.ts';
import { sendObject, sendParts } from '../answer.ts';
import { Compacted } from '../storage/storage.ts';
import type { StoredObject } from '../stored-object.ts';
import { metadataOf, tableOf } from '../table/table.ts';
import type { View } from '../view.ts';
import { chooseView } from '../view.ts';
import type { ContinueFrom } from './continue-token.ts';
import { formatContinue, parseContinue } from './continue-token.ts';
import { checkParameters, invalidOptions, readNumber, readRevision } from './parameters.ts';
import type { Selection } from './selection.ts';
import { readSelection } from './selection.ts';
import type { Verb, VerbCall } from './verb.ts';

export const LIST_PARAMETERS = [
  'labelSelector',
  'fieldSelector',
  'limit',
  'continue',
  'resourceVersion',
  'resourceVersionMatch',
  'sendInitialEvents',
  'allowWatchBookmarks',
  'watch',
  'includeObject',
];

interface ListPlan {
  revision: number | undefined;
  match: 'Exact' | 'NotOlderThan';
  after: string | undefined;
}

/** GET of a collection: in parts where the client asks so, all parts showing one revision. */
export const list: Verb = async (call) => {
  const { exchange, served, namespace, name } = call;
  checkParameters(exchange, LIST_PARAMETERS);
  const view = chooseView(exchange, 'list');
  const { query } = exchange;
  const prefix = served.prefix(namespace);
  const selection = readSelection(query, served, name);
  const limit = readNumber(query, 'limit') ?? 0;
  const page = await readPage({ call, prefix, selection, limit, plan: planOf(query, prefix, limit) });
  const metadata: ListMeta = {
    resourceVersion: String(page.revision),
    ...(page.next === undefined ? {} : { continue: formatContinue(page.next, prefix) }),
    ...(page.next === undefined || selection !== undefined ? {} : { remainingItemCount: page.remaining }),
  };
  await sendList(call, view, metadata, page.items);
};

/** The rules of which parameters go together. Throws 422 (422 is what upstream answers for options), 400. */
function planOf(query: URLSearchParams, prefix: string, limit: number): ListPlan {
  const match = query.get('resourceVersionMatch') ?? '';
  const version = query.get('resourceVersion') ?? '';
  const token = query.get('continue') ?? '';
  const errors: FieldError[] = [];
  const forbid = (field: string, why: string) =>
    errors.push({ reason: 'FieldValueForbidden', field, message: `Forbidden: ${why}` });
  if (match !== '') {
    const field = 'resourceVersionMatch';
    if (version === '') forbid(field, 'resourceVersionMatch is forbidden unless resourceVersion is provided');
    if (token !== '') forbid(field, 'resourceVersionMatch is forbidden when continue is provided');
    if (match !== 'Exact' && match !== 'NotOlderThan') {
      const message = `Unsupported value: ${JSON.stringify(match)}: supported values: "Exact", "NotOlderThan", ""`;
      errors.push({ reason: 'FieldValueNotSupported', field, message });
    }
    if (match === 'Exact' && version === '0') {
      forbid(field, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
    }
  }
  if (query.has('sendInitialEvents')) forbid('sendInitialEvents', 'sendInitialEvents is forbidden for list');
  if (errors.length > 0) throw invalidOptions('ListOptions', errors);
  const revision = readRevision(version);
  if (token !== '') {
    if (revision !== undefined && revision !== 0) {
      throw badRequest('specifying resource version is not allowed when using continue');
    }
    const from = parseContinue(token, prefix);
    return { revision: from.revision < 0 ? undefined : from.revision, match: 'Exact', after: from.after };
  }
  // a limit with a revision and no rule means that very revision, for the sake of older clients
  const exact = match === 'Exact' || (match === '' && limit > 0 && revision !== undefined && revision > 0);
  return { revision, match: exact ? 'Exact' : 'NotOlderThan', after: undefined };
}

interface Page {
  items: readonly StoredObject[];
  revision: number;
  remaining: number;
  next: ContinueFrom | undefined;
}

interface PageRequest {
  call: VerbCall;
  prefix: string;
  selection: Selection | undefined;
  limit: number;
  plan: ListPlan;
}

async function readPage({ call, prefix, selection, limit, plan }: PageRequest): Promise<Page> {
  const { revision, match, after } = plan;
  try {
    const page = await call.served.cache.list({
      prefix,
      limit,
      ...(revision === undefined ? {} : { resourceVersion: revision, match }),
      ...(after === undefined ? {} : { after }),
      ...(selection === undefined ? {} : { filter: selection }),
    });
    const last = page.items.at(-1)?.key;
    const next = page.remaining > 0 && last !== undefined ? { revision: page.revision, after: last } : undefined;
    return { ...page, next };
  } catch (error) {
    throw after !== undefined && error instanceof Compacted ? expiredToken(after, prefix) : error;
  }
}

/** 410 with a token by which the client may go on at the newest revision if it likes. */
function expiredToken(after: string, prefix: string): StatusError {
  const error = new StatusError({
    code: 410,
    reason: 'Expired',
    message:
      'The provided continue parameter is too old to display a consistent list result: list again without it, or go on ' +
      'with the continue token of this answer and accept that objects changed in between may be missing or show twice.',
  });
  error.status.metadata.continue = formatContinue({ revision: -1, after }, prefix);
  return error;
}

/** Answers with a list in the chosen form. */
export async function sendList(
  call: VerbCall,
  view: View,
  metadata: ListMeta,
  items: readonly StoredObject[],
): Promise<void> {
  const { api, exchange, served } = call;
  const { definition } = served;
  if (view.raw) {
    const head = `{"kind":"${definition.kind}List","apiVersion":"${served.apiVersion}","metadata":${JSON.stringify(metadata)},"items":[`;
    return sendParts(exchange, 200, 'application/json', joined(head, items));
  }
  const objects = items.map((item) => item.object);
  if (view.as === 'table') {
    const { includeObject } = view;
    return sendObject(
      exchange,
      200,
      tableOf({ definition, objects, includeObject, metadata, now: api.now() }),
      view.form,
    );
  }
  const whole = view.as === 'whole';
  const shown = {
    kind: whole ? `${definition.kind}List` : 'PartialObjectMetadataList',
    apiVersion: whole ? served.apiVersion : 'meta.k8s.io/v1',
    metadata,
    items: whole ? objects : objects.map(metadataOf),
  };
  return sendObject(exchange, 200, shown, view.form);
}

const COMMA = Buffer.from(',');
const END = Buffer.from(']}\n');

/** The objects' own bytes with commas between them: nothing is serialised again. */
function joined(head: string, items: readonly StoredObject[]): Uint8Array[] {
  const parts: Uint8Array[] = [Buffer.from(head)];
  for (const [index, item] of items.entries()) {
    if (index > 0) parts.push(COMMA);
    parts.push(item.bytes);
  }
  parts.push(END);
  return parts;
}
