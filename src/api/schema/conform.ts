/**
 * Brings a JSON object into the form that a Kubernetes server keeps: what decoding it into the Go type and encoding that
 * again gives. Unknown fields go (and are told), null is the same as absent, zeros go where Go leaves them out and come
 * where it does not. So a required field is always there: an empty string, list or object where nothing was said.
 */
import { parseApiVersion } from '../group-version.ts';
import type { KubeObject } from '../object.ts';
import type { StatusError } from '../status.ts';
import { badRequest } from '../status.ts';
import type { FieldType } from './field.ts';
import { describeJson, goTypeOf, readScalar, ScalarError } from './scalar.ts';
import type { ObjectSchema } from './schema.ts';
import { structOf } from './schema.ts';
import { fillAbsent, isLeftOut, zeroOf } from './zero.ts';

export interface Conformed {
  object: KubeObject;
  /** `unknown field "spec.foo"`, in the order of the document; at most 100. */
  complaints: string[];
}

const complaintLimit = 100;
/** Kinds nest without end only in CRD schemas; no honest document comes near. */
const depthLimit = 500;

class Mismatch extends Error {}

function goName(type: FieldType): string {
  if (type.kind === 'scalar') return goTypeOf(type.scalar);
  if (type.kind === 'list') return `[]${goName(type.of)}`;
  if (type.kind === 'map') return `map[string]${goName(type.of)}`;
  return `${type.package.split('.').pop() ?? ''}.${type.name}`;
}

/** Assignment would set the prototype. */
function defineOwn(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
}

function nullElement(type: FieldType): unknown {
  if (type.kind === 'scalar') return zeroOf(type.scalar) ?? null;
  if (type.kind === 'struct') return fillAbsent({}, structOf(type));
  return type.kind === 'list' ? null : {};
}

class Walk {
  readonly complaints: string[] = [];
  /** Down to the value at hand: names of fields, `[0]` for elements of lists, `.key` for those of maps. */
  readonly #path: string[] = [];

  object(value: unknown, schema: ObjectSchema, owner: string): Record<string, unknown> {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw this.#mismatch(describeJson(value), owner, `${schema.package.split('.').pop()}.${schema.name}`);
    }
    if (this.#path.length > depthLimit) throw new Mismatch('the object is nested too deeply');
    const result: Record<string, unknown> = {};
    const { fields } = schema;
    for (const [name, item] of Object.entries(value)) {
      this.#path.push(name);
      const field = fields.get(name);
      if (field === undefined) this.#complain();
      else if (item !== null && item !== undefined) {
        const kept = this.#value(item, field.type, schema.name);
        if (!isLeftOut(kept, field)) result[name] = kept;
      }
      this.#path.pop();
    }
    return fillAbsent(result, schema);
  }

  #value(value: unknown, type: FieldType, owner: string): unknown {
    switch (type.kind) {
      case 'scalar':
        return this.#scalar(value, type, owner);
      case 'struct': {
        const schema = structOf(type);
        // Where a CRD's schema may have a boolean or a list in place of an object, the value is kept as it is.
        return schema.either === undefined ? this.object(value, schema, owner) : value;
      }
      case 'list': {
        if (!Array.isArray(value)) throw this.#mismatch(describeJson(value), owner, goName(type));
        return value.map((item, at) => this.#element(item, `[${at}]`, type.of, owner));
      }
      case 'map': {
        if (typeof value !== 'object' || value === null || Array.isArray(value)) {
          throw this.#mismatch(describeJson(value), owner, goName(type));
        }
        const result: Record<string, unknown> = {};
        for (const [key, item] of Object.entries(value)) {
          const kept = this.#element(item, `.${key}`, type.of, owner);
          if (key === '__proto__') defineOwn(result, key, kept);
          else result[key] = kept;
        }
        return result;
      }
    }
  }

  #element(item: unknown, at: string, type: FieldType, owner: string): unknown {
    if (item === null) return nullElement(type);
    this.#path.push(at);
    const kept = this.#value(item, type, owner);
    this.#path.pop();
    return kept;
  }

  #scalar(value: unknown, type: FieldType & { kind: 'scalar' }, owner: string): unknown {
    try {
      return readScalar(value, type.scalar);
    } catch (error) {
      if (!(error instanceof ScalarError)) throw error;
      if (error.complete) throw new Mismatch(`${this.#written()}: ${error.message}`);
      throw this.#mismatch(error.message, owner, goTypeOf(type.scalar));
    }
  }

  #mismatch(found: string, owner: string, wanted: string): Mismatch {
    const field = this.#path.filter((part) => !/^[.[]/.test(part)).join('.');
    const where = field === '' ? `Go value of type ${wanted}` : `Go struct field ${owner}.${field} of type ${wanted}`;
    return new Mismatch(`json: cannot unmarshal ${found} into ${where}`);
  }

  #complain(): void {
    if (this.complaints.length < complaintLimit) this.complaints.push(`unknown field "${this.#written()}"`);
  }

  #written(): string {
    return this.#path.map((part, at) => (at === 0 || /^[.[]/.test(part) ? part : `.${part}`)).join('');
  }
}

/** The 400 for an object that cannot be read as its kind, in upstream's words. */
export function undecodable(kind: string, version: string, why: string): StatusError {
  return badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${why}`);
}

/**
 * The object in the form that is kept, and what was left out of it. The argument is not changed.
 * Throws a 400 `StatusError` when a value has the wrong JSON type for its field.
 */
export function conform(value: unknown, schema: ObjectSchema): Conformed {
  const walk = new Walk();
  try {
    const object = walk.object(value, schema, '') as unknown as KubeObject;
    return { object, complaints: walk.complaints };
  } catch (error) {
    if (!(error instanceof Mismatch)) throw error;
    const apiVersion = (value as Partial<KubeObject> | null)?.apiVersion;
    const version = typeof apiVersion === 'string' ? parseApiVersion(apiVersion)?.version : undefined;
    throw undecodable(schema.name, version ?? schema.package.split('.').pop() ?? '', error.message);
  }
}
