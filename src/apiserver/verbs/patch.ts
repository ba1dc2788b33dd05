import { schemaOf } from '../../api/schema/schema.ts';
import { parseJsonStrict } from '../../api/schema/strict.ts';
import { badRequest, invalid, isReason, unsupportedMediaType } from '../../api/status.ts';
import { lazy } from '../../lib/lazy.ts';
import { contentTypeOf, readBody } from '../request-body.ts';
import { chooseView, sendStored } from '../view.ts';
import { changeStored, targetOf } from './change.ts';
import { conformTo } from './conform-to.ts';
import { WRITE_PARAMETERS } from './create.ts';
import { withKind } from './decode.ts';
import type { Facet } from './facet.ts';
import { matchPatched } from './object-meta.ts';
import { trackOwners } from './ownership.ts';
import { checkFieldManager, checkParameters, invalidOptions, readDryRun, readFieldValidation } from './parameters.ts';
import type { VerbCall } from './verb.ts';

type ApplyPatch = (original: unknown, patch: unknown, facet: Facet) => unknown | Promise<unknown>;

const loadJsonPatch = lazy(() => import('../../api/patch/json-patch.ts'));
const loadMergePatch = lazy(() => import('../../api/patch/merge-patch.ts'));
const loadStrategic = lazy(() => import('../../api/patch/strategic-merge-patch.ts'));

const loadApply = lazy(() => import('./apply.ts'));

const APPLY = 'application/apply-patch+yaml';
const STRATEGIC = 'application/strategic-merge-patch+json';
const TYPES: Readonly<Record<string, ApplyPatch>> = {
  'application/json-patch+json': async (original, patch) => (await loadJsonPatch()).applyJsonPatch(original, patch),
  'application/merge-patch+json': async (original, patch) => (await loadMergePatch()).applyMergePatch(original, patch),
  [STRATEGIC]: async (original, patch, { kind }) => {
    const schema = schemaOf(kind);
    if (schema === undefined) throw unsupportedMediaType(`${kind.kind} has no schema, which ${STRATEGIC} needs`);
    return (await loadStrategic()).applyStrategicMergePatch(original, patch, schema);
  },
};

/** PATCH: a change of what is stored (or, for an apply, of what is to be), tried again on the newer object when others were faster. */
export async function patch(call: VerbCall, facet: Facet): Promise<void> {
  const { api, exchange } = call;
  const { query } = exchange;
  const type = contentTypeOf(exchange.request);
  if (type === APPLY) return (await loadApply()).apply(call, facet);
  checkParameters(exchange, [...WRITE_PARAMETERS, 'force']);
  checkFieldManager(query, 'PatchOptions');
  const view = chooseView(exchange, 'object');
  const dryRun = readDryRun(query.getAll('dryRun'), 'PatchOptions');
  const validation = readFieldValidation(query, 'PatchOptions');
  const apply = patchType(type);
  if (query.has('force')) {
    const message = 'Forbidden: may not be specified for non-apply patch';
    throw invalidOptions('PatchOptions', [{ reason: 'FieldValueForbidden', field: 'force', message }]);
  }
  const { value, complaints } = parsePatch((await readBody(exchange.request)).toString(), validation !== 'Ignore');
  const told = new Set(exchange.warnings);
  const stored = await changeStored({
    ...targetOf(call, facet, dryRun),
    track: (next, previous) => trackOwners(call, facet, previous, next),
    async want(current) {
      const shown = facet.show(current).object;
      const patched = withKind(await apply(shown, value, facet), facet.kind);
      // an attempt that came too late has warned already
      exchange.warnings.splice(0, exchange.warnings.length, ...told);
      const sent = blamePatch(value, () => conformTo(exchange, patched, facet.kind, validation, complaints));
      matchPatched(sent, shown, call);
      return facet.merge(current.object, sent);
    },
  });
  await sendStored(exchange, 200, view, facet.definition, facet.show(stored), api.now());
}

/** What the patch leads to cannot be read as its kind: the patch is invalid (422) where a body would be a bad request. */
function blamePatch<T>(patch: unknown, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!isReason(error, 'BadRequest')) throw error;
    const why = error.message.replace(/^.*? cannot be handled as a \S+: /, '');
    const message = `Invalid value: ${JSON.stringify(patch).slice(0, 200)}: ${why}`;
    throw invalid({ group: '', version: '', kind: '' }, '', [{ reason: 'FieldValueInvalid', field: 'patch', message }]);
  }
}

function patchType(type: string): ApplyPatch {
  const apply = Object.hasOwn(TYPES, type) ? TYPES[type] : undefined;
  if (apply !== undefined) return apply;
  const accepted = [...Object.keys(TYPES), APPLY].join(', ');
  throw unsupportedMediaType(
    `the body of the request was in an unknown format - accepted media types include: ${accepted}`,
  );
}

function parsePatch(text: string, findDuplicates: boolean): { value: unknown; complaints: readonly string[] } {
  if (findDuplicates) return parseJsonStrict(text);
  try {
    return { value: JSON.parse(text), complaints: [] };
  } catch (error) {
    throw badRequest(`the patch is not valid JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}
