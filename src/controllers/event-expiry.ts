/** Deletes Events an hour after they last happened, so that the store stays bounded; kube-apiserver's --event-ttl does the same. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Event } from '../api/types/core-v1.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { isNotFound } from './controller.ts';

const lifetimeMs = 3_600_000;
const intervalMs = 600_000;
const pageSize = 500;

export const eventExpiryController: Controller = { name: 'event-expiry', start };

function start(context: ControllerContext): void {
  const { signal, watchFailed } = context;
  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      await delay(intervalMs, undefined, { signal, ref: false }).catch(() => {});
      if (signal.aborted) return;
      await deleteExpired(context, new Date(Date.now() - lifetimeMs)).catch((error: unknown) => {
        if (!signal.aborted) watchFailed('expired events', error);
      });
    }
  };
  const running = run();
  context.onStop(() => running);
}

/** Deletes every Event that last happened before the time. */
export async function deleteExpired(
  { client, signal }: Pick<ControllerContext, 'client' | 'signal'>,
  before: Date,
): Promise<void> {
  const events = client.resource<Event>('v1', 'events');
  let next: string | undefined;
  do {
    const page = await events.list({ limit: pageSize, signal, ...(next === undefined ? {} : { continue: next }) });
    for (const event of page.items) {
      if (lastSeen(event) >= before.getTime()) continue;
      const { name = '', namespace = '', uid = '' } = event.metadata;
      await events.delete(name, { namespace, preconditions: { uid }, signal }).catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
    }
    next = page.metadata.continue === '' ? undefined : page.metadata.continue;
  } while (next !== undefined);
}

/** Milliseconds since the epoch. */
function lastSeen({ series, lastTimestamp, eventTime, metadata }: Event): number {
  const times = [series?.lastObservedTime, lastTimestamp, eventTime, metadata.creationTimestamp];
  return Math.max(0, ...times.map((time) => (typeof time === 'string' ? Date.parse(time) : 0)));
}
