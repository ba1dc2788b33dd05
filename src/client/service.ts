/** HTTP to a service through the API server's proxy verb: no address of the cluster needs to be reachable. */
import type { Readable } from 'node:stream';
import type { ClusterClient } from './cluster-client.ts';
import { segment } from './resource-path.ts';
import { readBody } from './response-body.ts';

export interface ServiceRequest {
  method?: string;
  headers?: Readonly<Record<string, string>>;
  body?: string | Uint8Array | Readable;
  signal?: AbortSignal | undefined;
}

export interface ServiceResponse {
  /** The application's, or the API server's own: 403 without the right, 503 without a ready pod. */
  status: number;
  ok: boolean;
  /** Names in lower case. */
  headers: ReadonlyMap<string, string>;
  body: Readable;
  text(): Promise<string>;
  json(): Promise<unknown>;
}

const usualMethods = /^(?:delete|get|head|options|patch|post|put)$/i;

export interface ServiceDoor {
  /**
   * `path` begins with `/`; what a URL cannot hold is percent-encoded and a fragment left out, as `fetch` does it, while dots and
   * what is encoded stay. An answer of any status is returned, and not asked for again; redirects are answers. Throws
   * ConnectionError, or TypeError for what cannot be sent.
   */
  fetch(path: string, request?: ServiceRequest): Promise<ServiceResponse>;
}

/** `service`: `NAME`, `NAME:PORT` (the port's name or number) or `https:NAME:PORT`. */
export function openService(client: ClusterClient, namespace: string, service: string): ServiceDoor {
  const parts = service.split(':');
  if (parts.length > 3) throw new TypeError(`${JSON.stringify(service)} is no NAME, NAME:PORT or SCHEME:NAME:PORT`);
  const name = parts.map((part, i) => (part === '' && i !== 1 ? part : segment(part, 'service'))).join(':');
  const root = `/api/v1/namespaces/${segment(namespace, 'namespace')}/services/${name}/proxy`;
  return {
    async fetch(path, { method = 'GET', headers, body, signal } = {}) {
      if (!path.startsWith('/')) throw new TypeError(`a path begins with "/", unlike ${JSON.stringify(path)}`);
      const answer = await client.request({
        method: usualMethods.test(method) ? method.toUpperCase() : method,
        path: `${root}${encodePath(path)}`,
        ...(headers && { headers }),
        ...(body !== undefined && { body: typeof body === 'string' ? Buffer.from(body) : body }),
        ...(signal && { signal }),
      });
      const text = async () => (await readBody(answer.body)).toString('utf8');
      return {
        ...answer,
        ok: answer.status >= 200 && answer.status <= 299,
        text,
        json: async () => JSON.parse(await text()),
      };
    },
  };
}

/** By the sets of the URL standard for paths and queries. `URL` itself would follow `..` out of the service. */
function encodePath(text: string): string {
  const [shown = ''] = text.toWellFormed().split('#', 1);
  const end = shown.indexOf('?');
  const path = end === -1 ? shown : shown.slice(0, end);
  return (
    path.replace(/[^\x21-\x7e]+|["<>^`{}]/g, encodeURIComponent) +
    shown.slice(path.length).replace(/[^\x21-\x7e]+|["<>]/g, encodeURIComponent)
  );
}
