/** HTTP to a service through the API server's proxy verb: no address of the cluster needs to be reachable. */
import type { Readable } from 'node:stream';
import type { ClusterClient } from './cluster-client.ts';
import { segment } from './resource-path.ts';
import { readBody } from './response-body.ts';

export interface ServiceRequest {
  method?: string;
  headers?: Readonly<Record<string, string>>;
  body?: string | Uint8Array | Readable;
  signal?: AbortSignal;
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

export interface ServiceDoor {
  /** `path` begins with `/`. An answer of any status is returned; redirects are answers. Throws ConnectionError. */
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
        method,
        path: `${root}${path}`,
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
