/** Starts the set of controllers against any cluster. */
import type { ClusterClient } from '../client/cluster-client.ts';
import { openEventRecorder } from '../client/record-events.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { SharedInformers } from './shared-informers.ts';
import { controllerTable } from './table.ts';

export interface ControllerOptions {
  /** With the rights of an administrator. */
  client: ClusterClient;
  /** PEM of the authorities that pods are to trust (`kube-root-ca.crt`). */
  caPem: string;
  signal: AbortSignal;
  log?: (line: string) => void;
  /** Which ones run; default all. */
  controllers?: readonly Controller[];
}

/** They run until the signal fires or the result is disposed, which waits for the requests under way. */
export async function startControllers(options: ControllerOptions): Promise<AsyncDisposable> {
  const { client, caPem, log = () => {}, controllers = controllerTable } = options;
  const stopping = new AbortController();
  const follow = () => stopping.abort(options.signal.reason);
  if (options.signal.aborted) follow();
  else options.signal.addEventListener('abort', follow, { once: true });
  const { signal } = stopping;
  const toStop: (() => Promise<void>)[] = [];
  const watchFailed = failureLog(log);
  const informers = new SharedInformers({ client, signal, onError: watchFailed });
  const context: ControllerContext = {
    client,
    informers,
    caPem,
    recorder: (component) => openEventRecorder({ client, component, signal }),
    log,
    watchFailed,
    signal,
    onStop: (stopped) => toStop.push(stopped),
  };
  for (const controller of controllers) controller.start(context);
  return {
    async [Symbol.asyncDispose]() {
      options.signal.removeEventListener('abort', follow);
      stopping.abort(new DOMException('the controllers were stopped', 'AbortError'));
      await Promise.all([informers.stopped(), ...toStop.map((stopped) => stopped())]);
    },
  };
}

/** The same trouble of a cache is told once a minute, not with every attempt. */
function failureLog(log: (line: string) => void): (what: string, error: unknown) => void {
  const told = new Map<string, number>();
  return (what, error) => {
    const now = Date.now();
    if (now - (told.get(what) ?? Number.NEGATIVE_INFINITY) < 60_000) return;
    told.set(what, now);
    log(`watching ${what}: ${error instanceof Error ? error.message : String(error)}`);
  };
}
