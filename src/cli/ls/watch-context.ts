/** Tells the services of one context as they change, until the signal fires. */
import type { GatewayContext } from '../../gateway/contexts.ts';
import { openServiceFeed } from '../../ui/service-feed.ts';
import type { ServiceView } from '../../ui/service-view.ts';
import type { RowPrinter } from './print-rows.ts';
import { type ContextFacts, type ServiceRow, serviceRow } from './service-row.ts';

export async function watchContext(
  { client, name, config, ways }: GatewayContext,
  {
    namespace,
    facts,
    signal,
    printer,
  }: { namespace: string | undefined; facts: Omit<ContextFacts, 'rights'>; signal: AbortSignal; printer: RowPrinter },
): Promise<void> {
  const whole: ContextFacts = { ...facts, rights: () => ({ portForward: undefined, proxyVerb: undefined }) };
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
  /** Until all that there is has been told. */
  let first: Map<string, ServiceRow> | undefined = new Map();
  /** The last limit. */
  let told: string | undefined;
  const leave = feed.watch({
    changed(key, json) {
      if (!isWanted(key)) return;
      first?.delete(key);
      const [at = '', service = ''] = key.split('/');
      if (json === undefined) printer.gone({ context: name ?? null, namespace: at, name: service });
      // The feed's own JSON.
      else if (first !== undefined) first.set(key, serviceRow(JSON.parse(json) as ServiceView, whole));
      else printer.rows([serviceRow(JSON.parse(json) as ServiceView, whole)]);
    },
    state(state, limit) {
      if (limit !== undefined && limit !== told) printer.narrowed(name, limit);
      told = limit;
      if (state.kind === 'trouble') printer.trouble(name, state.trouble.text);
      if (state.kind !== 'live' || first === undefined) return;
      printer.rows([...first.values()]);
      first = undefined;
    },
  });
  signal.addEventListener('abort', () => resolve(), { once: true });
  if (signal.aborted) resolve();
  await promise;
  leave();
}
