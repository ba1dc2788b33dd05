/** Runs a container's startup, readiness and liveness probes while it runs. */
import type { Container, Probe } from '../../api/types/core-v1.ts';
import { sleepUnlessAborted } from '../../lib/abortable-sleep.ts';
import type { RunningContainer } from '../runtime/runtime.ts';
import { attempt } from './attempt.ts';

export interface ProberOptions {
  container: Container;
  /** The container's own, or what its image knows of itself. */
  startupProbe: Probe | undefined;
  running: RunningContainer;
  podIP: string;
  /** Fires when the container is gone or is being stopped. */
  signal: AbortSignal;
  onStarted(): void;
  onReady(ready: boolean): void;
  /** The container must be killed; `probe` says which one failed too often. */
  onUnhealthy(probe: 'startup' | 'liveness', message: string): void;
  /** Every failed attempt. */
  onFailure(probe: 'startup' | 'liveness' | 'readiness', message: string): void;
}

/** Returns when the signal has fired. A container without a probe counts as started and ready. */
export async function runProbes(options: ProberOptions): Promise<void> {
  const { container, startupProbe, signal, onStarted, onReady, onUnhealthy, onFailure } = options;
  const { readinessProbe, livenessProbe } = container;
  if (startupProbe !== undefined) {
    for await (const { ok, message, settled } of attempts(startupProbe, options, true)) {
      if (!ok) onFailure('startup', message);
      if (!settled) continue;
      if (ok) break;
      return onUnhealthy('startup', message);
    }
    if (signal.aborted) return;
  }
  onStarted();
  const readiness = async () => {
    if (readinessProbe === undefined) return onReady(true);
    for await (const { ok, message, settled } of attempts(readinessProbe, options, true)) {
      if (!ok) onFailure('readiness', message);
      if (settled) onReady(ok);
    }
  };
  const liveness = async () => {
    if (livenessProbe === undefined) return;
    for await (const { ok, message, settled } of attempts(livenessProbe, options, false)) {
      if (!ok) onFailure('liveness', message);
      if (settled && !ok) return onUnhealthy('liveness', message);
    }
  };
  await Promise.all([readiness(), liveness()]);
}

interface Outcome {
  ok: boolean;
  message: string;
  /** The threshold of successes or failures in a row is reached. */
  settled: boolean;
}

/** A program takes a moment to listen: in its first period it is asked more often, and failures do not count yet. */
const EAGER_PAUSE_MS = { first: 25, longest: 100 };

/** One outcome a period, until the signal fires. */
async function* attempts(
  probe: Probe,
  { container, running, podIP, signal }: ProberOptions,
  eager: boolean,
): AsyncGenerator<Outcome> {
  const period = (probe.periodSeconds ?? 10) * 1000;
  const timeout = (probe.timeoutSeconds ?? 1) * 1000;
  let streak = 0;
  let last: boolean | undefined;
  const delayed = (probe.initialDelaySeconds ?? 0) * 1000;
  let pause = EAGER_PAUSE_MS.first;
  await sleepUnlessAborted(delayed, signal);
  if (signal.aborted) return;
  for (;;) {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(timeout)]);
    const { ok, message } = await attempt(probe, { container, running, podIP, signal: limit });
    if (signal.aborted) return;
    if (!ok && eager && Date.now() < running.startedAt.getTime() + delayed + period) {
      await sleepUnlessAborted(pause, signal);
      pause = Math.min(pause * 2, EAGER_PAUSE_MS.longest);
      if (signal.aborted) return;
      continue;
    }
    streak = ok === last ? streak + 1 : 1;
    last = ok;
    const threshold = ok ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3);
    yield { ok, message, settled: streak >= threshold };
    await sleepUnlessAborted(period, signal);
    if (signal.aborted) return;
  }
}
