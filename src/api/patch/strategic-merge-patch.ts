/**
 * Strategic merge patch: a merge patch that knows from the kind which lists are merged, and by which key. Behaves as
 * `apimachinery/pkg/util/strategicpatch` does on a server; `vectors.json` holds that code's own results.
 */
import { checkDepth } from '../schema/depth.ts';
import type { FieldSchema, FieldType } from '../schema/field.ts';
import type { ObjectSchema } from '../schema/schema.ts';
import { structOf } from '../schema/schema.ts';
import type { JsonObject } from './directives.ts';
import {
  badPatch,
  describeType,
  directive,
  isObject,
  own,
  setOwn,
  withoutDirectives,
  withoutNulls,
} from './directives.ts';
import { checkElementOrder, type Identity, identityBy, orderElements } from './element-order.ts';
import { mergeList } from './merge-list.ts';

/** Undefined below maps, whose members are no fields. */
type Schema = ObjectSchema | undefined;

function fieldOf(schema: Schema, name: string): FieldSchema {
  const field = schema?.fields.get(name);
  if (field !== undefined) return field;
  const where = schema === undefined ? 'a map whose members cannot be merged' : schema.name;
  throw badPatch(`unable to find the field ${JSON.stringify(name)} in ${where}`);
}

function schemaBelow(type: FieldType): Schema {
  const inner = type.kind === 'list' ? type.of : type;
  return inner.kind === 'struct' ? structOf(inner) : undefined;
}

function isMerged(field: FieldSchema): boolean {
  return field.patchStrategies.includes('merge');
}

function asList(value: unknown, name: string): unknown[] {
  if (Array.isArray(value)) return value;
  throw badPatch(`${name} must be a list and is a ${describeType(value)}`);
}

/** The original without the fields that `$retainKeys` does not name. */
function retainKeys(original: JsonObject, patch: JsonObject): JsonObject {
  if (!Object.hasOwn(patch, directive.retainKeys)) return original;
  const retained = new Set(asList(patch[directive.retainKeys], directive.retainKeys));
  for (const [key, value] of Object.entries(patch)) {
    const isDirective = key === directive.retainKeys || /^\$(deleteFromPrimitiveList|setElementOrder)\//.test(key);
    if (!isDirective && value !== null && !retained.has(key)) {
      throw badPatch(`$retainKeys does not name ${JSON.stringify(key)}, which the patch sets`);
    }
  }
  return Object.fromEntries(Object.entries(original).filter(([key]) => retained.has(key)));
}

function mergeListField(original: unknown[], patch: unknown[], field: FieldSchema): unknown[] {
  if (!isMerged(field)) return patch;
  const schema = schemaBelow(field.type);
  return mergeList(original, patch, field.patchMergeKey, (left, right) => mergeObject(left, right, schema));
}

/** Merges and orders the list that a `$setElementOrder/NAME` is about; tells the name. */
function applyElementOrder(key: string, result: JsonObject, patch: JsonObject, schema: Schema): string {
  const order = asList(patch[key], key);
  const name = key.slice(directive.setElementOrder.length);
  const original = own(result, name);
  const patched = own(patch, name);
  if (original === undefined && patched === undefined) return name;
  const field = fieldOf(schema, name);
  const originalList = original === undefined ? [] : asList(original, name);
  const patchList = patched === undefined ? [] : asList(patched, name);
  const identity = identityBy(field.patchMergeKey);
  checkElementOrder(patchList, order, identity);
  let merged = originalList;
  if (original === undefined) merged = withoutDirectives(patchList) as unknown[];
  else if (patched !== undefined) merged = mergeListField(originalList, patchList, field);
  setOwn(result, name, orderElements(merged, order, placesOf(originalList, merged, identity), identity));
  return name;
}

/**
 * The stored order by which elements are placed that the patch does not name. Upstream removes and appends in place, so
 * that new elements take the places that removed ones left at the end; clients see that order.
 */
function placesOf(original: readonly unknown[], merged: readonly unknown[], identity: Identity): unknown[] {
  const left = new Set(merged.map(identity));
  const known = new Set(original.map(identity));
  const kept = original.filter((element) => left.has(identity(element)));
  const added = merged.filter((element) => !known.has(identity(element)));
  return [...kept, ...added.slice(0, original.length - kept.length)];
}

function deleteFromList(key: string, result: JsonObject, values: unknown): void {
  const name = key.slice(directive.deleteFromPrimitiveList.length);
  const list = own(result, name);
  if (!Array.isArray(list)) return;
  const deleted = new Set(asList(values, key));
  setOwn(
    result,
    name,
    list.filter((item) => !deleted.has(item)),
  );
}

function mergeField(key: string, result: JsonObject, value: unknown, schema: Schema): void {
  const original = own(result, key);
  if (isObject(original) && isObject(value)) {
    const field = fieldOf(schema, key);
    setOwn(
      result,
      key,
      field.patchStrategies.includes('replace') ? value : mergeObject(original, value, schemaBelow(field.type)),
    );
  } else if (Array.isArray(original) && Array.isArray(value)) {
    setOwn(result, key, mergeListField(original, value, fieldOf(schema, key)));
  } else {
    const kept = withoutDirectives(withoutNulls(value));
    if (kept === undefined) delete result[key];
    else setOwn(result, key, kept);
  }
}

function mergeObject(original: JsonObject, patch: JsonObject, schema: Schema): JsonObject {
  if (Object.hasOwn(patch, directive.patch)) {
    const { [directive.patch]: kind, ...rest } = patch;
    if (kind === 'replace') return rest;
    if (kind === 'delete') return {};
    throw badPatch(`unknown $patch ${JSON.stringify(kind)}`);
  }
  const result = { ...retainKeys(original, patch) };
  const done = new Set<string>([directive.retainKeys]);
  for (const key of Object.keys(patch)) {
    if (!key.startsWith(directive.setElementOrder)) continue;
    done.add(key);
    done.add(applyElementOrder(key, result, patch, schema));
  }
  for (const [key, value] of Object.entries(patch)) {
    if (done.has(key)) continue;
    if (key.startsWith(directive.deleteFromPrimitiveList)) deleteFromList(key, result, value);
    else if (value === null) delete result[key];
    else mergeField(key, result, value, schema);
  }
  return result;
}

/** The patched object; neither argument is changed. Throws a 400 `StatusError` for a patch that is wrong in itself. */
export function applyStrategicMergePatch(original: unknown, patch: unknown, schema: ObjectSchema): unknown {
  checkDepth(patch);
  if (!isObject(patch)) throw badPatch(`it must be an object and is a ${describeType(patch)}`);
  return mergeObject(isObject(original) ? original : {}, patch, schema);
}
