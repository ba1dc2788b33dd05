/** Failures of watches and caches that are tried again, where nobody asked to be told: silence would look like success. */
import { ConnectionError } from './connection-error.ts';

/** What is watched. */
export interface WatchedKind {
  apiVersion: string;
  kind: string;
}

export type FailureHandler = (error: unknown, watched: WatchedKind) => void;

const silentMs = 60_000;

/**
 * Makes them warnings of the process; the same one at most once a minute. Not of a watch that is cut off, which servers do as they
 * stop: it goes on where it was, and where it cannot the next attempt tells why.
 */
export function warnOfFailures(): FailureHandler {
  const told = new Map<string, number>();
  return (error, { apiVersion, kind }) => {
    if (error instanceof ConnectionError && error.cutOff) return;
    const now = performance.now();
    for (const [each, at] of told) if (now - at >= silentMs) told.delete(each);
    const message = error instanceof Error ? error.message : String(error);
    const text = `Watching ${kind} (${apiVersion}) failed and is tried again: ${message}`;
    if (told.has(text)) return;
    told.set(text, now);
    process.emitWarning(text, 'WatchFailure');
  };
}
