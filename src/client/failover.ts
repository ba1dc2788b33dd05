/** One request at one of a cluster's API servers, and at another one where that is safe. */
import type { Readable } from 'node:stream';
import { guardOf, leadsToApplication, mayRetry } from '../net/http1/retry.ts';
import type { HeaderLines, UpstreamRequest } from '../net/http1/upstream.ts';
import { UpstreamError } from '../net/http1/upstream.ts';
import type { ApiServer } from './api-server.ts';
import type { ApiServers, ServerLease } from './api-servers.ts';
import { whenRead } from './response-body.ts';

export interface FailoverRequest {
  servers: ApiServers;
  method: string;
  /** Path and query below the server's URL. */
  path: string;
  isUpgrade: boolean;
  hasBody: boolean;
  /** The body can be sent a second time, where the first time did nothing. */
  repeatable: boolean;
  signal: AbortSignal;
}

interface Answer {
  status: number;
  headers: HeaderLines;
  body?: Readable;
  stream?: Readable;
  bodyWithheld?: boolean;
}

/** Sends the request to this server. */
export type SendTo<T extends Answer> = (
  server: ApiServer,
  request: Pick<UpstreamRequest, 'method' | 'target' | 'guard' | 'signal'>,
) => Promise<T>;

/** No answer, or a part of one, came from the last server that could be tried. */
export interface NoAnswer {
  error: unknown;
  server: ApiServer;
  /** It was sent, is more than a read, and may have been carried out. */
  outcomeUnknown: boolean;
  /** The answer had begun. */
  cutOff: boolean;
}

/**
 * Elsewhere it is tried if no byte was sent, if it only reads, or if the server said that it turned it away. `explain` makes
 * what is thrown.
 */
export async function withFailover<T extends Answer>(
  { servers, method, path, isUpgrade, hasBody, repeatable, signal }: FailoverRequest,
  sendTo: SendTo<T>,
  explain: (failure: NoAnswer) => unknown,
): Promise<T> {
  const below = path.startsWith('/') ? path : `/${path}`;
  const attempt = { method, target: below, upgrade: isUpgrade, responded: false };
  const guard = guardOf({ ...attempt, hasBody });
  const onlyReads = guard === 'none';
  for (let lease: ServerLease = servers.lease(); ; ) {
    const { server, lost, over } = lease;
    let next: ServerLease | undefined;
    try {
      const answer = await sendTo(server, {
        method,
        target: `${server.basePath}${below}`,
        ...(lease.isGuarded && { guard }),
        signal: onlyReads && lost !== undefined ? AbortSignal.any([signal, lost]) : signal,
      });
      // Head and failure came at once.
      if (answer.body?.errored) throw answer.body.errored;
      const isTurnedAway = lease.answered(answer.status, answer.headers, {
        onlyReads,
        bodyWithheld: answer.bodyWithheld === true,
        toApplication: leadsToApplication(below),
      });
      if (isTurnedAway && (repeatable || answer.bodyWithheld === true)) next = lease.next();
      if (next === undefined) {
        const { body, stream } = answer;
        if (over !== undefined) {
          if (body === undefined) stream?.once('close', over);
          else whenRead({ ...answer, body }, method, over);
        }
        if (body !== undefined) {
          explainCut(body, (error) =>
            error instanceof UpstreamError || (lost?.aborted === true && error === lost.reason)
              ? explain({ error, server, outcomeUnknown: !onlyReads && saysNotWhat(answer.status), cutOff: true })
              : error,
          );
        }
        return answer;
      }
      answer.body?.destroy();
    } catch (error) {
      // Lost servers end reads by their signal; what a caller did wrong has another type.
      const isLost = lost?.aborted === true && error === lost.reason;
      const sent = isLost || !(error instanceof UpstreamError) || error.sent;
      if (!signal.aborted) {
        lease.failed(error);
        const isFailure = isLost || error instanceof UpstreamError;
        if (isFailure && (repeatable || !sent) && mayRetry({ ...attempt, sent })) next = lease.next();
      }
      if (next === undefined) {
        over?.();
        throw explain({ error, server, outcomeUnknown: sent && !onlyReads, cutOff: false });
      }
    }
    over?.();
    lease = next;
  }
}

/** A body that is cut off fails with what is made of the error, to whoever reads it. */
function explainCut(body: Readable, explain: (error: Error) => unknown): void {
  const destroy = body.destroy.bind(body);
  body.destroy = (error) => {
    const told = error && explain(error);
    return destroy(told instanceof Error ? told : error);
  };
}

/** What became of a request whose answer has this status is in the answer's body. */
function saysNotWhat(status: number): boolean {
  return status < 300 || status >= 500;
}
