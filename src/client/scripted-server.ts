/** For tests: an HTTP server on loopback that answers as each test says, to be taken for an API server. */
import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ClientConfig } from './client-config.ts';

export interface ScriptedServer extends AsyncDisposable {
  config: ClientConfig;
  /** `GET /path?query`, in order. */
  requests: string[];
}

export type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

export async function scriptedServer(answer: Answer): Promise<ScriptedServer> {
  const requests: string[] = [];
  const server: Server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    requests.push(`${request.method} ${request.url}`);
    answer(request, response, body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    config: { server: `http://127.0.0.1:${port}`, namespace: 'default' },
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export function answerJson(
  response: ServerResponse,
  code: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(code, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(body));
}

export function answerStatus(
  response: ServerResponse,
  code: number,
  reason: string,
  headers: Record<string, string> = {},
): void {
  const message = `answered ${code}`;
  answerJson(
    response,
    code,
    { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code },
    headers,
  );
}
