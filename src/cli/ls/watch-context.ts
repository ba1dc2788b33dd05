/** Tells the services of one context as they change, until the signal fires. */
import { isDeepStrictEqual } from 'node:util';
import type { GatewayContext } from '../../gateway/contexts.ts';
import { openServiceFeed } from '../../ui/service-feed.ts';
import type { ServiceView } from '../../ui/service-view.ts';
import type { FollowedForwards } from './followed-forwards.ts';
import type { RowPrinter } from './print-rows.ts';
import { type ContextFacts, type ServiceRow, serviceRow } from './service-row.ts';

export async function watchContext(
  { client, name, config, ways }: GatewayContext,
  {
    namespace,
    facts,
    forwards,
    signal,
    printer,
  }: {
    namespace: string | undefined;
    facts: Omit<ContextFacts, 'rights' | 'forwards'>;
    forwards: FollowedForwards;
    signal: AbortSignal;
    printer: RowPrinter;
  },
): Promise<void> {
  const rights: ContextFacts['rights'] = () => ({ portForward: undefined, proxyVerb: undefined });
  const rowOf = (view: ServiceView, known = forwards.now): ServiceRow =>
    serviceRow(view, { ...facts, rights, forwards: known });
  const feed = openServiceFeed({
    client,
    context: name,
    ways,
    namespace: namespace ?? config.namespace,
    signal,
    lingerMs: 0,
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  const isWanted = (key: string): boolean => namespace === undefined || key.startsWith(`${namespace}/`);
  const views = new Map<string, ServiceView>();
  /** All that there is has been told. */
  let begun = false;
  /** The last limit. */
  let told: string | undefined;
  const leave = feed.watch({
    changed(key, json) {
      if (!isWanted(key)) return;
      const [at = '', service = ''] = key.split('/');
      views.delete(key);
      if (json === undefined) {
        printer.gone({ context: name ?? null, namespace: at, name: service });
        return;
      }
      // The feed's own JSON.
      const view = JSON.parse(json) as ServiceView;
      views.set(key, view);
      if (begun) printer.rows([rowOf(view)]);
    },
    state(state, limit) {
      if (limit !== undefined && limit !== told) printer.narrowed(name, limit);
      told = limit;
      if (state.kind === 'trouble') printer.trouble(name, state.trouble.text);
      if (state.kind !== 'live' || begun) return;
      printer.rows([...views.values()].map((view) => rowOf(view)));
      begun = true;
    },
  });
  const leaveForwards = forwards.watch((before) => {
    if (!begun) return;
    const rows = [...views.values()].map((view) => ({ row: rowOf(view), was: rowOf(view, before) }));
    printer.rows(rows.filter(({ row, was }) => !isDeepStrictEqual(row.ways, was.ways)).map(({ row }) => row));
  });
  signal.addEventListener('abort', () => resolve(), { once: true });
  if (signal.aborted) resolve();
  await promise;
  leave();
  leaveForwards();
}
