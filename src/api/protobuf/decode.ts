/**
 * Request bodies in Kubernetes' protobuf: four magic bytes, then a `runtime.Unknown` message that names the kind and
 * holds the object (`apimachinery/pkg/runtime/serializer/protobuf`). Answers are JSON, so there is no encoder.
 */
import type { GroupVersionKind } from '../group-version.ts';
import { formatApiVersion, parseApiVersion } from '../group-version.ts';
import type { KubeObject } from '../object.ts';
import { schemaOf } from '../schema/schema.ts';
import { badRequest } from '../status.ts';
import { readMessage } from './message.ts';
import { MalformedProtobuf, WireReader, wireType } from './wire.ts';

export const protobufMediaType = 'application/vnd.kubernetes.protobuf';

const magic = Buffer.from('k8s\0', 'latin1');

interface Envelope {
  apiVersion: string;
  kind: string;
  raw: Buffer;
  contentEncoding: string;
  contentType: string;
}

function readTypeMeta(reader: WireReader, envelope: Envelope): void {
  while (!reader.done) {
    const tag = reader.tag();
    if (tag.number === 1 && tag.type === wireType.bytes) envelope.apiVersion = reader.text();
    else if (tag.number === 2 && tag.type === wireType.bytes) envelope.kind = reader.text();
    else reader.skip(tag.type);
  }
}

function readEnvelope(reader: WireReader): Envelope {
  const envelope: Envelope = { apiVersion: '', kind: '', raw: Buffer.alloc(0), contentEncoding: '', contentType: '' };
  while (!reader.done) {
    const tag = reader.tag();
    if (tag.type !== wireType.bytes) reader.skip(tag.type);
    else if (tag.number === 1) readTypeMeta(reader.part(), envelope);
    else if (tag.number === 2) envelope.raw = reader.bytes();
    else if (tag.number === 3) envelope.contentEncoding = reader.text();
    else if (tag.number === 4) envelope.contentType = reader.text();
    else reader.skip(tag.type);
  }
  return envelope;
}

function decode(bytes: Uint8Array, expected: GroupVersionKind | undefined): KubeObject {
  const envelope = readEnvelope(new WireReader(bytes, magic.length));
  if (envelope.contentEncoding !== '' || !['', protobufMediaType].includes(envelope.contentType)) {
    const content = [envelope.contentType, envelope.contentEncoding].filter((part) => part !== '').join(', ');
    throw badRequest(`the protobuf body wraps content that is not protobuf: ${content}`);
  }
  const apiVersion = envelope.apiVersion || (expected === undefined ? '' : formatApiVersion(expected));
  const kind = envelope.kind || (expected?.kind ?? '');
  const groupVersion = parseApiVersion(apiVersion);
  const schema = groupVersion === undefined ? undefined : schemaOf({ ...groupVersion, kind });
  if (schema === undefined) throw badRequest(`no kind "${kind}" is known for version "${apiVersion}"`);
  return { apiVersion, kind, ...readMessage(new WireReader(envelope.raw), schema) } as KubeObject;
}

/**
 * The object in the form that `JSON.parse` would give had the client sent JSON. `expected` is the kind of a body that
 * names none. Throws a 400 `StatusError` for anything that is not a well-formed object of a known kind.
 */
export function decodeProtobuf(bytes: Uint8Array, expected?: GroupVersionKind): KubeObject {
  if (bytes.length < magic.length || !magic.equals(bytes.subarray(0, magic.length))) {
    throw badRequest('the body is not Kubernetes protobuf: it does not begin with k8s and a zero byte');
  }
  try {
    return decode(bytes, expected);
  } catch (error) {
    if (error instanceof MalformedProtobuf) throw badRequest(`the protobuf body is malformed: ${error.message}`);
    throw error;
  }
}
