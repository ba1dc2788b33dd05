/** Reads from an API server for commands that print: JSON answers, streams, and with `-v=6` every request on stderr. */
import type { Readable } from 'node:stream';
import { StatusError } from '../api/status.ts';
import type { ClientConfig } from '../client/client-config.ts';
import type { ClusterClient, RawResponse } from '../client/cluster-client.ts';
import { openClusterClient } from '../client/cluster-client-http.ts';
import { ConnectionError, explainFailure } from '../client/connection-error.ts';
import { timedOut } from '../client/resource-client.ts';
import { isStatus, readBody, refusal, statusError, statusOf } from '../client/response-body.ts';
import { parseExactJson } from '../lib/exact-json.ts';
import { isRecord } from '../lib/is-record.ts';
import { AnswerLimit } from './answer-limit.ts';
import type { CommandIo, Invocation } from './command.ts';
import { CommandError } from './command.ts';
import { clusterConfig } from './connect.ts';
import { forgetTypes, type TypesPlace, typesPlace } from './get/kept-types.ts';
import { escapeControls } from './print/escape.ts';
import { isOverflow } from './print/overflow.ts';

export interface ApiReader extends AsyncDisposable {
  /** Where what was discovered of this server is kept from one run to the next. */
  readonly keptTypes: TypesPlace | undefined;
  readonly config: ClientConfig;
  readonly client: ClusterClient;
  /** The command's: it ends every request. */
  readonly signal: AbortSignal;
  /** Wide integers are bigints, as from `client`. Throws StatusError for what the server refused, and CommandError for what is no JSON object. */
  getJson(path: string, accept?: string): Promise<unknown>;
  /** Prints a warning of the server once, as kubectl does. */
  warn(text: string): void;
  /** The body of an endless answer; cut off, it fails with a ConnectionError. */
  getStream(path: string, accept: string): Promise<Readable>;
}

export async function openApiReader({
  globals,
  io,
  signal,
  unattended = false,
  onlyServer = false,
}: Pick<Invocation, 'globals' | 'io' | 'signal'> & {
  /** The command talks to nobody else: authorities of the system need not be read where the kubeconfig names the server's own. */
  onlyServer?: boolean;
  /** As for `clusterConfig`. */
  unattended?: boolean;
}): Promise<ApiReader> {
  const isShort = onlyServer && io.ownsProcess === true;
  let checkCertificate = (): Promise<void> => Promise.resolve();
  const laterCheck = (check: () => Promise<void>): void => {
    checkCertificate = check;
  };
  const config = await clusterConfig(globals, io, { unattended, ...(isShort && { laterCheck }) });
  if (isShort) await leaveSystemAuthorities(config);
  const client = openClusterClient(config, { exactIntegers: true });
  const said = new Set<string>();
  const warn = (text: string): void => {
    if (said.has(text)) return;
    said.add(text);
    io.stderr.write(`Warning: ${escapeControls(text)}\n`);
  };
  const verbose = Number(globals.v ?? 0) >= 6;

  async function get(path: string, accept: string, until: AbortSignal): Promise<RawResponse> {
    // What times a request is loaded on first use, which takes a part of a short command's own time.
    const started = verbose ? performance.now() : 0;
    const request = client.request({ method: 'GET', path, headers: { Accept: accept }, signal: until });
    const answer = await request.catch(async (error: unknown) => {
      await checkCertificate();
      throw error;
    });
    if (answer.status === 401) await checkCertificate();
    if (!unattended && answer.headers.has('warning')) {
      const { warningsOf } = await import('../client/warnings.ts');
      for (const text of warningsOf([...answer.headers])) warn(text);
    }
    if (verbose)
      logRequest(io, { url: `${answer.server}${path}`, status: answer.status, ms: performance.now() - started });
    return answer;
  }

  async function whole(path: string, accept: string): Promise<{ answer: RawResponse; body: Buffer }> {
    const { requestTimeoutMs } = config;
    const begun = Date.now();
    // Until it begins the client keeps the limit, and knows which server it waits for.
    const answer = await get(path, accept, signal);
    const leftMs = requestTimeoutMs && Math.max(1, requestTimeoutMs - (Date.now() - begun));
    using limit = new AnswerLimit(signal, leftMs);
    limit.cover(answer.body);
    try {
      return { answer, body: await bodyOf(answer, limit.signal) };
    } catch (error) {
      throw limit.isOver ? timedOut(answer.server, requestTimeoutMs) : error;
    }
  }

  async function bodyOf({ server, body }: RawResponse, until: AbortSignal): Promise<Buffer> {
    try {
      return await readBody(body);
    } catch (error) {
      until.throwIfAborted();
      throw error instanceof ConnectionError ? error : explainFailure(server, error);
    }
  }

  const keptTypes = typesPlace(config.server, io.env);
  return {
    config,
    client,
    signal,
    keptTypes,
    warn,
    async getJson(path, accept = 'application/json') {
      const { answer, body } = await whole(path, accept);
      if (answer.status < 200 || answer.status > 299) {
        const refused = refusedBy(answer, body);
        // It may be a kind that the server had when it was asked for them.
        if (refused.code === 404 && refused.status.details?.name === undefined) forgetTypes(keptTypes);
        throw refused;
      }
      const value = parseAnswer(body, `${answer.server}${path}`);
      if (isStatus(value) && value.status !== 'Success') throw statusError(value);
      return value;
    },
    async getStream(path, accept) {
      const answer = await get(path, accept, signal);
      if (answer.status >= 200 && answer.status < 300) return answer.body;
      throw refusedBy(answer, await bodyOf(answer, signal));
    },
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}

/** Node reads them all before the first connection, which takes longer than the connection. */
async function leaveSystemAuthorities({ tls: trust, credentials, proxy, localSocket }: ClientConfig): Promise<void> {
  if (trust?.ca === undefined || credentials !== undefined || proxy !== undefined) return;
  // There is no TLS on the way then.
  if (localSocket !== undefined) return;
  const tls = await import('node:tls');
  // Node 24.5 and newer have it.
  if ('setDefaultCACertificates' in tls) tls.setDefaultCACertificates([]);
}

function logRequest(io: CommandIo, { url, status, ms }: { url: string; status: number; ms: number }): void {
  io.stderr.write(`GET ${url} ${status} in ${ms.toFixed(0)} ms\n`);
}

function parseAnswer(body: Buffer, url: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = parseExactJson(body.toString());
  } catch (error) {
    if (isOverflow(error))
      throw new CommandError(`${url} answered with something that is nested too deeply to be read`);
    throw new CommandError(`${url} answered with something that is not JSON: is this a Kubernetes API server?`);
  }
  if (isRecord(value)) return value;
  throw new CommandError(`${url} answered with something that is no object: is this a Kubernetes API server?`);
}

function refusedBy({ status, headers }: RawResponse, body: Buffer): StatusError {
  // kubectl's words for a path that a server does not have.
  if (status === 404 && statusOf(body) === undefined) {
    const message = 'the server could not find the requested resource';
    return new StatusError({ code: status, reason: 'NotFound', message });
  }
  return refusal(status, body, headers.get('location'));
}
