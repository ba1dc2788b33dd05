import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { isReason, StatusError } from '../status.ts';
import { decodeProtobuf } from './decode.ts';

interface Vector {
  name: string;
  /** What Kubernetes' own code wrote, in base64. */
  protobuf: string;
  json: unknown;
}

const vectors = JSON.parse(readFileSync(new URL('vectors.json', import.meta.url), 'utf8')) as Vector[];

/** Without null and empty lists, which protobuf cannot tell from absence, and without IntOrString 0, which Go cannot leave out. */
function normal(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normal);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(
    ([key, item]) =>
      item !== null && !(Array.isArray(item) && item.length === 0) && !(key === 'targetPort' && item === 0),
  );
  return Object.fromEntries(kept.map(([key, item]) => [key, normal(item)]));
}

function bytesOf(name: string): Buffer {
  const vector = vectors.find((candidate) => candidate.name === name);
  assert.ok(vector);
  return Buffer.from(vector.protobuf, 'base64');
}

/** A field with wire type 2, of less than 128 bytes. */
function part(number: number, content: Uint8Array | string): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([Buffer.from([number * 8 + 2, bytes.length]), bytes]);
}

function envelope(apiVersion: string, kind: string, raw: Uint8Array, ...more: Buffer[]): Buffer {
  const typeMeta = part(1, Buffer.concat([part(1, apiVersion), part(2, kind)]));
  return Buffer.concat([Buffer.from('k8s\0'), typeMeta, part(2, raw), ...more]);
}

function refuses(bytes: Uint8Array, message: RegExp): void {
  assert.throws(
    () => decodeProtobuf(bytes),
    (error) => isReason(error, 'BadRequest') && message.test(error.message),
  );
}

describe('objects that Kubernetes wrote as protobuf', () => {
  for (const { name, protobuf, json } of vectors) {
    it(name, () => assert.deepEqual(normal(decodeProtobuf(Buffer.from(protobuf, 'base64'))), normal(json)));
  }
});

describe('protobuf from other writers', () => {
  it('fills in what Go always writes', () => {
    const object = decodeProtobuf(envelope('v1', 'Service', part(1, part(1, 'web'))));
    assert.deepEqual(object, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web' },
      spec: {},
      status: { loadBalancer: {} },
    });
  });

  it('passes over fields that it does not know', () => {
    const unknown = Buffer.from([0x98, 0x06, 0x01, 0xa1, 0x06, 1, 2, 3, 4, 5, 6, 7, 8, 0xad, 0x06, 1, 2, 3, 4]);
    const object = decodeProtobuf(envelope('v1', 'Namespace', Buffer.concat([unknown, part(1, part(1, 'n'))])));
    assert.equal(object.metadata.name, 'n');
  });

  it('takes the kind from its caller when the body names none', () => {
    const expected = { group: '', version: 'v1', kind: 'Namespace' };
    const object = decodeProtobuf(envelope('', '', part(1, part(1, 'n'))), expected);
    assert.deepEqual([object.apiVersion, object.kind, object.metadata.name], ['v1', 'Namespace', 'n']);
  });

  it('does not let a map key reach the prototype', () => {
    const entry = Buffer.concat([part(1, '__proto__'), part(2, 'x')]);
    const { metadata } = decodeProtobuf(envelope('v1', 'Namespace', part(1, part(11, entry))));
    assert.equal(Object.getPrototypeOf(metadata.labels), Object.prototype);
    assert.deepEqual(Object.keys(metadata.labels ?? {}), ['__proto__']);
  });
});

describe('hostile protobuf', () => {
  it('cut off anywhere is a bad request or a shorter object, never another failure', () => {
    for (const name of ['deployment', 'metadata', 'lease']) {
      const whole = bytesOf(name);
      for (let length = 0; length < whole.length; length++) {
        try {
          decodeProtobuf(whole.subarray(0, length));
        } catch (error) {
          assert.ok(error instanceof StatusError && error.code === 400, `${name} cut at ${length}: ${String(error)}`);
        }
      }
    }
  });

  it('with any one byte changed is a bad request or another object', () => {
    const whole = bytesOf('deployment');
    for (let at = 4; at < whole.length; at++) {
      for (const flip of [0x01, 0x80, 0xff]) {
        const changed = Buffer.from(whole);
        changed[at] = (changed[at] ?? 0) ^ flip;
        try {
          decodeProtobuf(changed);
        } catch (error) {
          assert.ok(error instanceof StatusError && error.code === 400, `byte ${at} xor ${flip}: ${String(error)}`);
        }
      }
    }
  });

  it('is refused with its reason', () => {
    refuses(Buffer.from('{"kind":"Pod"}'), /does not begin with k8s/);
    refuses(Buffer.alloc(0), /does not begin with k8s/);
    refuses(envelope('v1', 'Gizmo', Buffer.alloc(0)), /no kind "Gizmo" is known for version "v1"/);
    refuses(envelope('a/b/c', 'Pod', Buffer.alloc(0)), /no kind "Pod"/);
    refuses(envelope('v1', 'Pod', Buffer.from([0x0a, 0x7f, 0x00])), /unexpected end/);
    refuses(envelope('v1', 'Pod', Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f])), /unexpected end/);
    refuses(envelope('v1', 'Pod', Buffer.from([0x0a, ...Array(10).fill(0xff)])), /too large/);
    refuses(envelope('v1', 'Pod', Buffer.from([0x00, 0x01])), /field number 0/);
    refuses(envelope('v1', 'Pod', Buffer.from([0x0b])), /wire type 3/);
    refuses(envelope('v1', 'Pod', Buffer.from([0x08, 0x01])), /is not a message/);
    refuses(envelope('v1', 'Pod', Buffer.alloc(0), part(3, 'gzip')), /wraps content that is not protobuf: gzip/);
    refuses(envelope('v1', 'Pod', Buffer.alloc(0), part(4, 'application/json')), /application\/json/);
  });

  it('cannot make times or integers that JSON has not', () => {
    const time = Buffer.from([0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]);
    refuses(envelope('v1', 'Pod', part(1, part(8, time))), /a time is out of range/);
    const generation = Buffer.from([7 * 8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]);
    assert.equal(decodeProtobuf(envelope('v1', 'Pod', part(1, generation))).metadata.generation, -1);
  });
});
