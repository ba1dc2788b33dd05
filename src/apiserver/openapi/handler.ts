/**
 * Serves /openapi/v2, the index /openapi/v3 and a document per group and version below it. Documents are built when first
 * asked for and kept as bytes.
 */
import { createHash } from 'node:crypto';
import type { GroupVersion } from '../../api/group-version.ts';
import { apiRoot } from '../../api/group-version.ts';
import type { ResourceDefinition } from '../resources/resource.ts';
import type { VirtualResource } from '../resources/virtual-resource.ts';
import { documentV2, documentV3 } from './document.ts';
import type { Operation } from './operations.ts';
import { operationsOf, virtualOperation } from './operations.ts';
import { encodeV2, protobufV2Types } from './protobuf-v2.ts';

export interface OpenApiRequest {
  path: string;
  query: URLSearchParams;
  /** As in node:http: names in lower case. */
  headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface OpenApiAnswer {
  status: 200 | 301 | 304 | 406;
  headers: Readonly<Record<string, string>>;
  body: Uint8Array;
}

/** Undefined for paths that are not OpenAPI's. Answers GET; for HEAD the caller leaves the body out. */
export type OpenApiHandler = (request: OpenApiRequest) => OpenApiAnswer | undefined;

interface Page {
  body: Uint8Array;
  /** Its media type. */
  type: string;
  /** Of the body, so that it changes whenever a client that kept the page must ask again. */
  hash: string;
}

interface Served extends GroupVersion {
  definitions: ResourceDefinition[];
  virtual: VirtualResource[];
}

const empty = new Uint8Array();

function header(request: OpenApiRequest, name: string): string {
  const value = request.headers[name];
  return (Array.isArray(value) ? value.join(',') : value) ?? '';
}

type Form = 'json' | 'protobuf';

/** The first that the client names. `application/json` with parameters such as `as=Table` is something else. */
function wantedForm(request: OpenApiRequest, forms: readonly Form[]): Form | undefined {
  const accept = header(request, 'accept');
  if (accept === '') return 'json';
  for (const range of accept.split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const plain = parameters.every((parameter) => !/^(as|g|v)=/.test(parameter) && !/^q=0(\.0*)?$/.test(parameter));
    if (!plain) continue;
    if (['application/json', 'application/*', '*/*'].includes(type)) return 'json';
    if (forms.includes('protobuf') && protobufV2Types.includes(type)) return 'protobuf';
  }
  return undefined;
}

function page(body: Uint8Array, type: string): Page {
  return { body, type, hash: createHash('sha256').update(body).digest('hex').toUpperCase() };
}

function jsonPage(value: unknown): Page {
  return page(Buffer.from(JSON.stringify(value)), 'application/json');
}

function groupByVersion(
  definitions: readonly ResourceDefinition[],
  virtual: readonly VirtualResource[],
): Map<string, Served> {
  const served = new Map<string, Served>();
  const at = ({ group, version }: GroupVersion): Served => {
    const root = apiRoot({ group, version });
    const found = served.get(root) ?? { group, version, definitions: [], virtual: [] };
    served.set(root, found);
    return found;
  };
  for (const definition of definitions) at(definition).definitions.push(definition);
  for (const resource of virtual) at(resource).virtual.push(resource);
  return served;
}

function operations({ definitions, virtual }: Served): Operation[] {
  return [...definitions.flatMap(operationsOf), ...virtual.map(virtualOperation)];
}

function send(request: OpenApiRequest, { body, type, hash }: Page, more: Record<string, string> = {}): OpenApiAnswer {
  const headers = { Vary: 'Accept', ETag: `"${hash}"`, ...more };
  const known = header(request, 'if-none-match')
    .split(',')
    .map((tag) => tag.trim().replace(/^W\//, ''));
  if (known.includes(`"${hash}"`) || known.includes('*')) return { status: 304, headers, body: empty };
  return { status: 200, headers: { ...headers, 'Content-Type': type }, body };
}

/** A handler for these kinds, and for the kinds that are answered and never stored. */
export function openApiHandler(
  definitions: readonly ResourceDefinition[],
  virtual: readonly VirtualResource[] = [],
): OpenApiHandler {
  const served = groupByVersion(definitions, virtual);
  const pages = new Map<string, Page>();

  const once = (key: string, make: () => Page): Page => {
    const kept = pages.get(key) ?? make();
    pages.set(key, kept);
    return kept;
  };
  const documentOf = (root: string, part: Served): Page =>
    once(root, () => jsonPage(documentV3(operations(part), [{ group: part.group, version: part.version }])));
  const address = (root: string, { hash }: Page): string => `/openapi/v3${root}?hash=${hash}`;

  const index = (): unknown => {
    const entries = [...served].map(([root, part]) => {
      return [root.slice(1), { serverRelativeURL: address(root, documentOf(root, part)) }];
    });
    return { paths: Object.fromEntries(entries) };
  };
  const whole = (form: Form): Page => {
    const document = documentV2([...served.values()].flatMap(operations), [...served.values()]);
    return form === 'json' ? jsonPage(document) : page(encodeV2(document), protobufV2Types[1] ?? '');
  };

  const answer = (request: OpenApiRequest, form: Form): OpenApiAnswer | undefined => {
    const path = request.path.length > 1 ? request.path.replace(/\/$/, '') : request.path;
    if (path === '/openapi/v2')
      return send(
        request,
        once(`${path} ${form}`, () => whole(form)),
      );
    if (path === '/openapi/v3')
      return send(
        request,
        once(path, () => jsonPage(index())),
      );
    const root = path.slice('/openapi/v3'.length);
    const part = served.get(root);
    if (part === undefined) return undefined;
    const document = documentOf(root, part);
    const asked = request.query.get('hash');
    if (asked === null) return send(request, document);
    if (asked !== document.hash) {
      return { status: 301, headers: { Location: address(root, document), Vary: 'Accept' }, body: empty };
    }
    const expires = new Date(Date.now() + 365 * 24 * 3600_000).toUTCString();
    return send(request, document, { 'Cache-Control': 'public, immutable', Expires: expires });
  };

  return (request) => {
    if (request.path !== '/openapi/v2' && !/^\/openapi\/v3(\/|$)/.test(request.path)) return undefined;
    const isV2 = request.path.startsWith('/openapi/v2');
    const form = wantedForm(request, isV2 ? ['json', 'protobuf'] : ['json']);
    if (form !== undefined) return answer(request, form);
    return {
      status: 406,
      headers: { 'Content-Type': 'text/plain', Vary: 'Accept' },
      body: Buffer.from(`this OpenAPI document is served as application/json${isV2 ? ' and as protobuf' : ''} only\n`),
    };
  };
}
