/** From what was planned to local ports that lead there. */

import type { ClusterClient } from '../../client/cluster-client.ts';
import type { GatewayContext } from '../../gateway/contexts.ts';
import type { Target } from '../../gateway/destination.ts';
import { Destinations } from '../../gateway/destinations.ts';
import type { ForwardContexts } from './contexts.ts';
import { Forward, type ForwardStatus } from './forward.ts';
import { OutageWatch } from './outage.ts';
import type { PlannedForward } from './planned.ts';
import { refusedProtocol } from './protocol.ts';

export interface StartedForward {
  readonly status: ForwardStatus;
  /** Undefined where its context cannot be used. */
  context: GatewayContext | undefined;
  stop(): Promise<void>;
}

export interface RunningForwards extends AsyncDisposable {
  /** In the order in which they were planned, without those that were stopped. */
  readonly all: readonly StartedForward[];
  /** Ends those at these local ports; the others do not notice. */
  stop(ports: readonly number[]): Promise<void>;
}

export interface ForwardsOptions {
  contexts: ForwardContexts;
  signal: AbortSignal;
  /** The status of one has changed. */
  onChange(status: ForwardStatus): void;
  /** A connection of one could not be led on. */
  onFailure(status: ForwardStatus, why: string): void;
}

/** Resolves when each listens or has failed. */
export async function startForwards(
  planned: readonly PlannedForward[],
  { contexts, signal, onChange, onFailure }: ForwardsOptions,
): Promise<RunningForwards> {
  await using parts = new AsyncDisposableStack();
  const stop = new AbortController();
  const ended = AbortSignal.any([signal, stop.signal]);
  const clusters = new Map<GatewayContext, { destinations: Destinations; forwards: Forward[]; outage: OutageWatch }>();
  const clusterOf = (context: GatewayContext) => {
    const known = clusters.get(context);
    if (known !== undefined) return known;
    const forwards: Forward[] = [];
    const tell = (why: string | undefined): void => {
      for (const forward of forwards) forward.setOutage(why);
    };
    const outage = new OutageWatch(context.client, { tell, signal: ended });
    const destinations = new Destinations([context], { signal: ended });
    destinations.onChange(context, (failure) => {
      if (failure !== undefined) outage.suspect(failure);
      else for (const forward of forwards) forward.refresh();
    });
    const cluster = { destinations, forwards, outage };
    clusters.set(context, cluster);
    return cluster;
  };
  const starting: Promise<void>[] = [];
  let all = planned.map(({ target, context: name, local }): StartedForward => {
    const opened = contexts.get(name);
    const namespace = target.namespace ?? ('context' in opened ? opened.context.config.namespace : 'default');
    const exact: Target = { kind: target.kind, namespace, name: target.name, port: target.port, alias: undefined };
    const to = nameOf(exact, name);
    if ('why' in opened) {
      const connections = { open: 0, total: 0, failed: 0 };
      const status: ForwardStatus = { to, local, state: { kind: 'failed', why: opened.why }, connections };
      onChange(status);
      return { status, context: undefined, async stop() {} };
    }
    const { destinations, forwards, outage } = clusterOf(opened.context);
    const forward: Forward = parts.use(
      new Forward({
        to,
        target: exact,
        local,
        destinations,
        signal: ended,
        onChange: () => onChange(forward.status),
        onFailure: (why) => {
          onFailure(forward.status, why);
          outage.suspect(undefined);
        },
      }),
    );
    forwards.push(forward);
    starting.push(begin(forward, { client: opened.context.client, target: exact, signal: ended }));
    return {
      get status() {
        return forward.status;
      },
      context: opened.context,
      stop: () => forward[Symbol.asyncDispose](),
    };
  });
  parts.defer(async () => {
    stop.abort();
    await Promise.all([...clusters.values()].map(({ outage }) => outage.idle));
  });
  await Promise.all(starting);
  const running = parts.move();
  return {
    get all() {
      return all;
    },
    async stop(ports) {
      const leaving = all.filter(({ status }) => ports.includes(status.local));
      all = all.filter((each) => !leaving.includes(each));
      await Promise.all(leaving.map((each) => each.stop()));
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function begin(
  forward: Forward,
  { client, target, signal }: { client: ClusterClient; target: Target; signal: AbortSignal },
): Promise<void> {
  const why = await refusedProtocol(client, target, signal);
  if (why === undefined) await forward.start();
  else forward.fail(why);
}

function nameOf({ kind, namespace, name, port }: Target, context: string | undefined): string {
  const object = kind === 'pod' ? `${name}.${namespace}.pod` : `${namespace}/${name}`;
  return `${context === undefined ? '' : `${context}/`}${object}${port === undefined ? '' : `:${port}`}`;
}
