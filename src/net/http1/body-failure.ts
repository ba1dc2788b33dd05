/** A request's body that fails before anybody reads it: while credentials, a connection or 100 Continue are waited for. */
import type { Readable } from 'node:stream';
import { UpstreamError } from './upstream.ts';

/** One listener for each body, however often it is tried to send it. */
const failures = new WeakMap<Readable, AbortSignal>();

/** Fires when the body fails, with an UpstreamError; from now on its failure ends no process. */
export function bodyFailure(body: Readable): AbortSignal {
  const known = failures.get(body);
  if (known !== undefined) return known;
  const failed = new AbortController();
  const fail = (error: unknown): void => failed.abort(failedBody(error, { sent: false }));
  body.on('error', fail);
  if (body.errored !== null) fail(body.errored);
  failures.set(body, failed.signal);
  return failed.signal;
}

/** What a request fails with whose body failed. */
export function failedBody(cause: unknown, { sent }: { sent: boolean }): UpstreamError {
  const message = `the request's body failed: ${cause instanceof Error ? cause.message : String(cause)}`;
  return new UpstreamError(message, { sent, cause });
}
