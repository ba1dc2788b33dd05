/** Reading request bodies: bounded, and decoded by Content-Type into an object. */
import type { IncomingMessage } from 'node:http';
import type * as Yaml from 'yaml';
import { parseJsonStrict } from '../api/schema/strict.ts';
import { badRequest, isReason, StatusError, unsupportedMediaType } from '../api/status.ts';
import { lazy } from '../lib/lazy.ts';
import type { Exchange } from './exchange.ts';

const loadYaml = lazy(() => import('yaml'));
const loadProtobuf = lazy(() => import('../api/protobuf/decode.ts'));

/** As in kube-apiserver. */
const BODY_LIMIT_BYTES = 3 * 1024 * 1024;
/** Reading YAML costs a hundred times what JSON does, and nobody else is served meanwhile. */
const YAML_LIMIT_BYTES = 512 * 1024;

function tooLarge(what = '', limit = String(BODY_LIMIT_BYTES)): StatusError {
  return new StatusError({
    code: 413,
    reason: 'RequestEntityTooLarge',
    message: `Request entity too large: limit${what} is ${limit}`,
  });
}

function brokenOff(): StatusError {
  return badRequest('the request body broke off');
}

/** The whole body. Throws `StatusError` 413 above 3 MiB, 400 when it breaks off or is compressed. */
export function readBody(request: IncomingMessage): Promise<Buffer> {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    return Promise.reject(
      unsupportedMediaType(`the Content-Encoding ${JSON.stringify(encoding)} is not supported in requests`),
    );
  }
  if (Number(request.headers['content-length'] ?? 0) > BODY_LIMIT_BYTES) return Promise.reject(tooLarge());
  // A client that left while its rights were looked up: its stream is closed and will tell nothing more.
  if (request.destroyed) return Promise.reject(brokenOff());
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.byteLength;
      if (size > BODY_LIMIT_BYTES) {
        request.removeAllListeners('data');
        request.pause();
        reject(tooLarge());
      } else chunks.push(chunk);
    });
    request.once('end', () =>
      resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, size)),
    );
    // After 'end' this changes nothing; before it, not even a body that has arrived whole is handed out any more.
    request.once('close', () => reject(brokenOff()));
    request.once('error', reject);
  });
}

/** The Content-Type without parameters, in lower case; '' when there is none. */
export function contentTypeOf(request: IncomingMessage): string {
  return (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

export interface DecodedBody {
  value: unknown;
  /** `duplicate field "spec.replicas"`: what fieldValidation tells or refuses. */
  complaints: readonly string[];
}

const ACCEPTED = 'application/json, application/yaml, application/vnd.kubernetes.protobuf';

/**
 * The body by its Content-Type; undefined when it is empty. Throws `StatusError` 415 for a type that cannot be read, 400
 * for a body that does not parse. `findDuplicates` looks for keys that stand twice, which costs a second reading.
 */
export async function readDocument(exchange: Exchange, findDuplicates: boolean): Promise<DecodedBody | undefined> {
  const bytes = await readBody(exchange.request);
  const type = contentTypeOf(exchange.request);
  switch (type) {
    case '':
    case 'application/json':
      return bytes.byteLength === 0 ? undefined : parseJson(bytes.toString('utf8'), findDuplicates);
    case 'application/yaml': {
      checkYamlSize(bytes);
      const yaml = await loadYaml();
      const value = readText(bytes.toString('utf8'), 'YAML', (text) => parseYaml(yaml, text, refuse));
      return value === null ? undefined : { value, complaints: [] };
    }
    case 'application/vnd.kubernetes.protobuf': {
      const { decodeProtobuf } = await loadProtobuf();
      return bytes.byteLength === 0 ? undefined : { value: decodeProtobuf(bytes), complaints: [] };
    }
    default:
      throw unsupportedMediaType(
        `the body of the request was in an unknown format (${JSON.stringify(type)}) - accepted media types include: ${ACCEPTED}`,
      );
  }
}

function refuse(complaint: string): never {
  throw new Error(complaint);
}

/** The library compares each key with every other one of its mapping, so keys are checked here. Throws its errors. */
function parseYaml(
  { isScalar, parseDocument, visit }: typeof Yaml,
  text: string,
  complain: (duplicate: string) => void,
): unknown {
  const document = parseDocument(text, { uniqueKeys: false });
  const [error] = document.errors;
  if (error !== undefined) throw error;
  visit(document, {
    Map(_, { items }) {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        const name = isScalar(key) ? String(key.value) : key;
        if (seen.has(name)) complain(`the key ${JSON.stringify(name)} stands twice in one mapping`);
        seen.add(name);
      }
    },
  });
  return document.toJS({ maxAliasCount: 100 });
}

/**
 * A body that is YAML or, as most are, JSON. Throws `StatusError` 400 for one that is neither, 413 for too much. Of keys
 * that stand twice the last one counts.
 */
export async function readYamlOrJson({ request }: Exchange): Promise<DecodedBody> {
  const bytes = await readBody(request);
  const text = bytes.toString('utf8');
  if (/^\s*\{/.test(text)) {
    try {
      return parseJsonStrict(text);
    } catch (error) {
      if (!isReason(error, 'BadRequest')) throw error;
      // a flow mapping looks like JSON and need not be
    }
  }
  checkYamlSize(bytes);
  const yaml = await loadYaml();
  const complaints: string[] = [];
  const value = readText(text, 'YAML', () => parseYaml(yaml, text, (complaint) => complaints.push(complaint)));
  return { value, complaints };
}

function checkYamlSize({ byteLength }: Buffer): void {
  if (byteLength > YAML_LIMIT_BYTES)
    throw tooLarge(' of YAML (larger ones can be sent as JSON)', `${YAML_LIMIT_BYTES} bytes`);
}

function parseJson(text: string, findDuplicates: boolean): DecodedBody {
  return findDuplicates ? parseJsonStrict(text) : { value: readText(text, 'JSON', JSON.parse), complaints: [] };
}

function readText(text: string, format: string, parse: (text: string) => unknown): unknown {
  try {
    return parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw badRequest(`the body of the request is not valid ${format}: ${why}`);
  }
}
