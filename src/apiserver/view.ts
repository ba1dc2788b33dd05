/** In which form a request's objects are answered, and turning them into it. */
import { badRequest } from '../api/status.ts';
import { sendJsonBytes, sendObject, wantsPretty } from './answer.ts';
import type { Exchange } from './exchange.ts';
import type { AnswerForm } from './negotiate.ts';
import { negotiate } from './negotiate.ts';
import type { ResourceDefinition } from './resources/resource.ts';
import type { StoredObject } from './stored-object.ts';
import type { IncludeObject } from './table/table.ts';
import { metadataOf, tableOf } from './table/table.ts';

export interface View {
  readonly form: AnswerForm;
  readonly as: 'whole' | 'table' | 'metadata';
  readonly includeObject: IncludeObject;
  /** True when the stored bytes can be sent as they are. */
  readonly raw: boolean;
}

/** Chosen before anything is done, so that a write whose answer nobody could read does not happen. Throws 406, 400. */
export function chooseView(exchange: Exchange, shape: 'object' | 'list' | 'watch'): View {
  const metadataKind = shape === 'list' ? 'PartialObjectMetadataList' : 'PartialObjectMetadata';
  const form = negotiate(
    exchange.request.headers.accept,
    ({ group, version, kind }) =>
      group === 'meta.k8s.io' && version === 'v1' && (kind === 'Table' || kind === metadataKind),
  );
  const as = form.as === undefined ? 'whole' : form.as.kind === 'Table' ? 'table' : 'metadata';
  return {
    form,
    as,
    includeObject: as === 'table' ? readIncludeObject(exchange.query) : 'Metadata',
    raw: as === 'whole' && form.format === 'json' && !wantsPretty(exchange),
  };
}

function readIncludeObject(query: URLSearchParams): IncludeObject {
  const value = query.get('includeObject') ?? '';
  if (value === '') return 'Metadata';
  if (value === 'None' || value === 'Metadata' || value === 'Object') return value;
  throw badRequest(`the query parameter includeObject must be None, Metadata or Object, not ${JSON.stringify(value)}`);
}

/** Answers with one object in the chosen form. */
export async function sendStored(
  exchange: Exchange,
  code: number,
  view: View,
  definition: ResourceDefinition,
  stored: StoredObject,
  now: Date,
): Promise<void> {
  if (view.raw) return sendJsonBytes(exchange, code, stored.bytes);
  if (view.as === 'whole') return sendObject(exchange, code, stored.object, view.form);
  if (view.as === 'metadata') return sendObject(exchange, code, metadataOf(stored.object), view.form);
  const table = tableOf({
    definition,
    objects: [stored.object],
    includeObject: view.includeObject,
    metadata: { resourceVersion: String(stored.revision) },
    now,
  });
  return sendObject(exchange, code, table, view.form);
}
