/** The outermost step: whatever was thrown becomes an answer, and what nobody foresaw is logged as a defect. */
import { expired, internalError, resourceVersionTooLarge, StatusError } from '../../api/status.ts';
import { sendStatus } from '../answer.ts';
import type { Exchange } from '../exchange.ts';
import { Compacted, FutureRevision } from '../storage/storage.ts';
import type { Filter } from './filter.ts';

/** What a defect is reported with; the request's body and headers are never part of it. */
export type DefectLog = (line: string) => void;

export function answerErrors(log: DefectLog): Filter {
  return async (exchange, next) => {
    try {
      // throws for a path that no later step may see
      void exchange.info;
      await next();
    } catch (error) {
      if (clientGone(exchange)) return;
      const known = toStatusError(error);
      if (known.code >= 500 && known.reason === 'InternalError') log(describeDefect(exchange, error));
      sendStatus(exchange, known);
    }
  };
}

function clientGone({ response, upgrade }: Exchange): boolean {
  return response?.destroyed === true || upgrade?.socket.destroyed === true;
}

/** The answer for anything that was thrown. */
export function toStatusError(error: unknown): StatusError {
  if (error instanceof StatusError) return error;
  if (error instanceof Compacted) return expired(`The resourceVersion for the provided list is too old.`);
  if (error instanceof FutureRevision) return resourceVersionTooLarge(error.requested, error.current);
  return internalError('the server met a defect of its own; its log says more', error);
}

function describeDefect(exchange: Exchange, error: unknown): string {
  const cause = error instanceof StatusError && error.cause !== undefined ? error.cause : error;
  const stack = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
  return `defect in ${exchange.request.method} ${exchange.path} (audit id ${exchange.auditId}): ${stack}`;
}
