/** JSON patch, RFC 6902, in the reading of Kubernetes: negative list indices count from the end, `replace` may also add. */

import { isDeepStrictEqual } from 'node:util';
import { checkDepth } from '../schema/depth.ts';
import { badRequest, StatusError } from '../status.ts';
import { isObject, own, setOwn } from './directives.ts';

interface Operation {
  op: string;
  path: string[];
  from?: string[];
  value?: unknown;
  /** The path as written. */
  written: string;
}

const operationLimit = 10_000;
/** What `copy` may make of a small document: bytes of JSON, counted roughly. */
const copyLimit = 3 * 1024 * 1024;

/** The 422 for a patch that does not fit the object. */
function unfit(why: string): StatusError {
  return new StatusError({
    code: 422,
    reason: 'Invalid',
    message: `the server rejected our request due to an error in our request: ${why}`,
  });
}

function parsePointer(text: unknown, where: string): string[] {
  if (typeof text !== 'string') throw unfit(`${where} must be a string`);
  if (text === '') return [];
  if (!text.startsWith('/')) throw unfit(`${where} ${JSON.stringify(text)} does not begin with a slash`);
  const parts = text.slice(1).split('/');
  return parts.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function parseOperation(value: unknown, at: number): Operation {
  const where = `operation ${at}`;
  if (!isObject(value)) throw badRequest(`invalid JSON patch: ${where} is no object`);
  const { op, path, from } = value;
  if (typeof op !== 'string') throw badRequest(`invalid JSON patch: ${where} has no op`);
  const operation: Operation = { op, path: parsePointer(path, `the path of ${where}`), written: String(path) };
  if (op === 'move' || op === 'copy') operation.from = parsePointer(from, `the from of ${where}`);
  if (Object.hasOwn(value, 'value')) operation.value = value.value;
  else if (['add', 'replace', 'test'].includes(op)) throw unfit(`${where} (${op} ${String(path)}) has no value`);
  return operation;
}

function listIndex(list: readonly unknown[], key: string, limit: number): number {
  const index = /^(0|-?[1-9]\d*)$/.test(key) ? Number(key) : Number.NaN;
  const at = index < 0 ? index + limit : index;
  if (!(at >= 0 && at < limit)) throw unfit(`${JSON.stringify(key)} is no index of a list of ${list.length}`);
  return at;
}

/** A document that is copied where it is changed, so that the original stays as it is. */
class Document {
  root: unknown;
  readonly #fresh = new WeakSet<object>();
  #copied = 0;

  constructor(root: unknown) {
    this.root = root;
  }

  apply(operation: Operation): void {
    const { op, path, from = [], value } = operation;
    if (op === 'add') this.#add(path, structuredClone(value));
    else if (op === 'remove') this.#remove(path);
    else if (op === 'replace') this.#replace(path, structuredClone(value));
    else if (op === 'move') this.#move(from, path);
    else if (op === 'copy') this.#add(path, this.#copyOf(from));
    else if (op !== 'test') throw unfit(`unexpected kind of operation: ${op}`);
    else if (!isDeepStrictEqual(this.#test(path), value)) throw unfit(`testing value ${operation.written} failed`);
  }

  #get(path: readonly string[]): unknown {
    let value = this.root;
    for (const key of path) {
      if (Array.isArray(value)) value = value[listIndex(value, key, value.length)];
      else if (isObject(value) && Object.hasOwn(value, key)) value = value[key];
      else throw unfit(`the object has no /${path.join('/')}`);
    }
    return value;
  }

  /** A missing member tests as null, as in Kubernetes. */
  #test(path: readonly string[]): unknown {
    const parent = path.length === 0 ? undefined : this.#get(path.slice(0, -1));
    const key = path.at(-1) ?? '';
    return isObject(parent) ? (own(parent, key) ?? null) : this.#get(path);
  }

  #copyOf(path: readonly string[]): unknown {
    const value = this.#get(path);
    this.#copied += JSON.stringify(value)?.length ?? 0;
    if (this.#copied > copyLimit) throw unfit(`copy operations would add more than ${copyLimit} bytes`);
    return structuredClone(value);
  }

  #fork(value: unknown): unknown {
    if (typeof value !== 'object' || value === null || this.#fresh.has(value)) return value;
    const copy = Array.isArray(value) ? [...value] : { ...value };
    this.#fresh.add(copy);
    return copy;
  }

  /** The list or object that holds the last key of the path, free to be changed. */
  #parent(path: readonly string[]): Record<string, unknown> | unknown[] {
    this.root = this.#fork(this.root);
    let parent = this.root;
    for (const key of path.slice(0, -1)) {
      let child: unknown;
      if (Array.isArray(parent)) {
        const at = listIndex(parent, key, parent.length);
        child = this.#fork(parent[at]);
        parent[at] = child;
      } else if (isObject(parent) && Object.hasOwn(parent, key)) {
        child = this.#fork(parent[key]);
        setOwn(parent, key, child);
      }
      parent = child;
    }
    if (Array.isArray(parent) || isObject(parent)) return parent;
    throw unfit(`the object has no /${path.slice(0, -1).join('/')}`);
  }

  #add(path: readonly string[], value: unknown): void {
    const key = path.at(-1);
    if (key === undefined) {
      this.root = value;
      return;
    }
    const parent = this.#parent(path);
    if (!Array.isArray(parent)) setOwn(parent, key, value);
    else if (key === '-') parent.push(value);
    else parent.splice(listIndex(parent, key, parent.length + 1), 0, value);
  }

  #remove(path: readonly string[]): void {
    const key = path.at(-1);
    if (key === undefined) throw unfit('the whole object cannot be removed');
    const parent = this.#parent(path);
    if (Array.isArray(parent)) parent.splice(listIndex(parent, key, parent.length), 1);
    else if (Object.hasOwn(parent, key)) delete parent[key];
    else throw unfit(`unable to remove nonexistent key ${JSON.stringify(key)}`);
  }

  #replace(path: readonly string[], value: unknown): void {
    const key = path.at(-1);
    if (key === undefined) {
      this.root = value;
      return;
    }
    const parent = this.#parent(path);
    if (Array.isArray(parent)) parent[listIndex(parent, key, parent.length)] = value;
    else setOwn(parent, key, value);
  }

  #move(from: readonly string[], path: readonly string[]): void {
    const inside = from.length < path.length && from.every((part, at) => part === path[at]);
    if (inside) throw unfit(`/${from.join('/')} cannot be moved into itself`);
    const value = this.#get(from);
    this.#remove(from);
    this.#add(path, value);
  }
}

/**
 * The patched object; neither argument is changed. Throws a `StatusError`: 400 when the patch is no JSON patch, 422 when
 * it does not fit the object (a failed test, a path that leads nowhere), 413 for more than 10000 operations.
 */
export function applyJsonPatch(original: unknown, patch: unknown): unknown {
  checkDepth(patch);
  if (!Array.isArray(patch)) throw badRequest('invalid JSON patch: it must be a list of operations');
  if (patch.length > operationLimit) {
    throw new StatusError({
      code: 413,
      reason: 'RequestEntityTooLarge',
      message: `The allowed maximum operations in a JSON patch is ${operationLimit}, got ${patch.length}`,
    });
  }
  const document = new Document(original);
  for (const [at, operation] of patch.entries()) document.apply(parseOperation(operation, at));
  return document.root;
}
