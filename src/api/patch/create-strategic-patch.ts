/**
 * The strategic merge patch that client-side apply sends: what the wanted state sets that is otherwise now, and what it no
 * longer has of the state last applied. After `CreateThreeWayMergePatch` of `apimachinery/pkg/util/strategicpatch`;
 * `three-way-vectors.json` holds that code's own results.
 */
import { isDeepStrictEqual } from 'node:util';
import type { FieldType } from '../schema/field.ts';
import { type ObjectSchema, structOf } from '../schema/schema.ts';
import { badPatch, directive, isObject, type JsonObject, setOwn } from './directives.ts';

/** Which of the two halves of a patch is made. */
type Half = 'settings' | 'removals';

interface Context {
  half: Half;
  /** The map's fields are to be named by `$retainKeys`. */
  retainKeys: boolean;
}

/** `lastApplied` absent: nothing is removed. Throws a StatusError (400) for fields that the kind does not have. */
export function createThreeWayPatch(
  { lastApplied, wanted, current }: { lastApplied: JsonObject; wanted: JsonObject; current: JsonObject },
  schema: ObjectSchema,
): JsonObject {
  const settings = diffMaps(current, wanted, schema, { half: 'settings', retainKeys: false });
  const removals = diffMaps(lastApplied, wanted, schema, { half: 'removals', retainKeys: false });
  return addPatch(removals, settings, schema);
}

function diffMaps(
  before: JsonObject,
  after: JsonObject,
  schema: ObjectSchema | undefined,
  { half, retainKeys }: Context,
): JsonObject {
  const patch: JsonObject = {};
  for (const [key, wanted] of Object.entries(after)) {
    const old = Object.hasOwn(before, key) ? before[key] : undefined;
    if (isObject(old) && isObject(wanted)) diffMapField(key, old, wanted, { patch, schema, half });
    else if (Array.isArray(old) && Array.isArray(wanted)) diffListField(key, old, wanted, { patch, schema, half });
    else if (half === 'settings' && !isDeepStrictEqual(old, wanted)) setOwn(patch, key, wanted);
  }
  const gone = Object.keys(before).filter((key) => !Object.hasOwn(after, key));
  if (half === 'removals') for (const key of gone) setOwn(patch, key, null);
  const retained = Object.keys(after).filter((key) => after[key] !== null);
  const clears = gone.some((key) => before[key] !== null);
  if (retainKeys && retained.length > 0 && (Object.keys(patch).length > 0 || clears)) {
    patch[directive.retainKeys] = retained.sort();
  }
  return patch;
}

interface FieldDiff {
  patch: JsonObject;
  schema: ObjectSchema | undefined;
  half: Half;
}

function diffMapField(key: string, old: JsonObject, wanted: JsonObject, { patch, schema, half }: FieldDiff): void {
  const field = schema?.fields.get(key);
  if (schema !== undefined && field === undefined) {
    if (isDeepStrictEqual(old, wanted)) return;
    throw unknownField(key, schema);
  }
  const strategies = field?.patchStrategies ?? [];
  if (strategies.includes('replace')) {
    if (half === 'settings') setOwn(patch, key, wanted);
    return;
  }
  const below = diffMaps(old, wanted, structBelow(field?.type), {
    half,
    retainKeys: strategies.includes('retainKeys'),
  });
  if (Object.keys(below).length > 0) setOwn(patch, key, below);
}

function diffListField(key: string, old: unknown[], wanted: unknown[], { patch, schema, half }: FieldDiff): void {
  const field = schema?.fields.get(key);
  if (schema !== undefined && field === undefined) {
    if (isDeepStrictEqual(old, wanted)) return;
    throw unknownField(key, schema);
  }
  if (field?.patchStrategies.includes('merge') !== true) {
    if (half === 'settings' && !isDeepStrictEqual(old, wanted)) setOwn(patch, key, wanted);
    return;
  }
  if (old.length === 0) {
    if (half === 'settings' && wanted.length > 0) setOwn(patch, key, wanted);
    return;
  }
  const context = { half, retainKeys: field.patchStrategies.includes('retainKeys') };
  const { patchMergeKey: mergeKey } = field;
  if (mergeKey === undefined) diffScalars(key, old, wanted, { patch, half });
  else diffElements(key, old, wanted, { patch, mergeKey, schema: structBelow(field.type), context });
}

/** A list of scalars that is merged as a set. */
function diffScalars(
  key: string,
  old: unknown[],
  wanted: unknown[],
  { patch, half }: { patch: JsonObject; half: Half },
): void {
  const added = wanted.filter((value) => !old.includes(value));
  const removed = [...new Set(old.filter((value) => !wanted.includes(value)))].sort(byText);
  if (half === 'settings' && added.length > 0) patch[key] = added;
  if (half === 'removals' && removed.length > 0) patch[`${directive.deleteFromPrimitiveList}${key}`] = removed;
  const isChanged = half === 'settings' ? !isDeepStrictEqual([...old].sort(byText), wanted) : removed.length > 0;
  if (isChanged && wanted.length > 0) patch[`${directive.setElementOrder}${key}`] = wanted;
}

function byText(a: unknown, b: unknown): number {
  return String(a) < String(b) ? -1 : 1;
}

interface ElementDiff {
  patch: JsonObject;
  mergeKey: string;
  schema: ObjectSchema | undefined;
  context: Context;
}

/** A list of objects that is merged by a key. */
function diffElements(
  key: string,
  old: unknown[],
  wanted: unknown[],
  { patch, mergeKey, schema, context }: ElementDiff,
): void {
  const before = keyed(old, mergeKey, key);
  const after = keyed(wanted, mergeKey, key);
  const changes: JsonObject[] = [];
  for (const [id, element] of after) {
    const known = before.get(id);
    if (known === undefined) {
      if (context.half === 'settings') changes.push(element);
      continue;
    }
    const below = diffMaps(known, element, schema, context);
    if (Object.keys(below).length > 0) changes.push({ ...below, [mergeKey]: id });
  }
  if (context.half === 'removals') {
    const removed = [...before.keys()].filter((id) => !after.has(id)).sort(byText);
    for (const id of removed) changes.push({ [mergeKey]: id, [directive.patch]: 'delete' });
  }
  if (changes.length > 0) patch[key] = changes;
  const ids = [...after.keys()];
  const moved = context.half === 'settings' && !isDeepStrictEqual([...before.keys()], ids);
  if ((changes.length > 0 || moved) && ids.length > 0) {
    patch[`${directive.setElementOrder}${key}`] = ids.map((id) => ({ [mergeKey]: id }));
  }
}

function keyed(list: readonly unknown[], mergeKey: string, name: string): Map<unknown, JsonObject> {
  return new Map(
    list.map((element) => {
      if (!isObject(element) || !Object.hasOwn(element, mergeKey)) {
        throw badPatch(`an element of ${name} lacks "${mergeKey}", by which such elements are told apart`);
      }
      return [element[mergeKey], element];
    }),
  );
}

/** One patch that says what both say. The halves never contradict each other: one has no removals, the other nothing else. */
function addPatch(removals: JsonObject, settings: JsonObject, schema: ObjectSchema | undefined): JsonObject {
  const sum: JsonObject = { ...removals };
  for (const [key, value] of Object.entries(settings)) {
    const other = Object.hasOwn(removals, key) ? removals[key] : undefined;
    const field = schema?.fields.get(key);
    if (isObject(other) && isObject(value)) setOwn(sum, key, addPatch(other, value, structBelow(field?.type)));
    else if (Array.isArray(other) && Array.isArray(value) && field?.patchMergeKey !== undefined) {
      const orderKey = `${directive.setElementOrder}${key}`;
      const order = settings[orderKey] ?? removals[orderKey];
      const below = {
        mergeKey: field.patchMergeKey,
        schema: structBelow(field.type),
        order: Array.isArray(order) ? order : [],
      };
      setOwn(sum, key, addElements(other, value, below));
    } else setOwn(sum, key, value);
  }
  return sum;
}

/** Both lists' elements in the wanted order, as a server requires it beside `$setElementOrder`, and deletions last. */
function addElements(
  removals: readonly unknown[],
  settings: readonly unknown[],
  { mergeKey, schema, order }: { mergeKey: string; schema: ObjectSchema | undefined; order: readonly unknown[] },
): unknown[] {
  const sum = keyed(removals, mergeKey, 'a patch');
  for (const [id, element] of keyed(settings, mergeKey, 'a patch')) {
    const other = sum.get(id);
    sum.set(id, other === undefined ? element : addPatch(other, element, schema));
  }
  const places = new Map([...keyed(order, mergeKey, 'a patch').keys()].map((id, place) => [id, place]));
  const place = (element: JsonObject): number => places.get(element[mergeKey]) ?? places.size;
  return [...sum.values()].sort((a, b) => place(a) - place(b));
}

function structBelow(type: FieldType | undefined): ObjectSchema | undefined {
  const inner = type?.kind === 'list' ? type.of : type;
  return inner?.kind === 'struct' ? structOf(inner) : undefined;
}

function unknownField(key: string, schema: ObjectSchema) {
  return badPatch(`${schema.name} has no field "${key}"`);
}
