/** The clusters to which the forwards lead, each opened once. */
import { ConfigError } from '../../client/client-config.ts';
import { openClusterClient } from '../../client/cluster-client-http.ts';
import { kubeconfigPaths, readKubeconfig } from '../../client/kubeconfig-file.ts';
import { contextAliases, type GatewayContext, nameContexts } from '../../gateway/contexts.ts';
import type { CommandIo } from '../command.ts';
import { clusterConfig } from '../connect.ts';
import type { GlobalFlags } from '../flags.ts';
import { hintInBrackets } from '../hint.ts';
import { nearest } from '../nearest.ts';

export type OpenedContext = { context: GatewayContext } | { why: string };

export interface ForwardContexts extends AsyncDisposable {
  /** By the name that was given, or undefined. */
  get(name: string | undefined): OpenedContext;
}

/** What is wrong with one context is told by it alone: the others go on. */
export async function openForwardContexts(
  names: ReadonlySet<string | undefined>,
  { globals, io }: { globals: GlobalFlags; io: Pick<CommandIo, 'env' | 'stderr'> },
): Promise<ForwardContexts> {
  await using clients = new AsyncDisposableStack();
  const opened = new Map<string | undefined, OpenedContext>();
  // One after the other: each may have something to say or to ask.
  for (const given of names) {
    try {
      const name = given === undefined ? globals.context : await contextNamed(given, { globals, io });
      const config = await clusterConfig({ ...globals, context: name }, io);
      const client = clients.use(openClusterClient(config));
      const { contexts } = nameContexts([{ name: name ?? config.origin?.context, config, client }]);
      opened.set(given, { context: contexts[0] });
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      opened.set(given, { why: error.message });
    }
  }
  const running = clients.move();
  return {
    get: (name) => opened.get(name) ?? { why: 'it was not opened' },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** A context by its name, or by the alias that stands for it in host names. Throws ConfigError with the nearest name. */
async function contextNamed(
  given: string,
  { globals, io }: { globals: GlobalFlags; io: Pick<CommandIo, 'env'> },
): Promise<string> {
  const { paths, required } = kubeconfigPaths(globals.kubeconfig, io.env);
  const names = [...(await readKubeconfig(paths, required)).contexts.keys()];
  if (names.includes(given)) return given;
  const aliased = names[contextAliases(names).indexOf(given)];
  if (aliased !== undefined) return aliased;
  const close = nearest(given, names);
  throw new ConfigError(`No context "${given}" is in ${paths.join(', ')}${hintInBrackets(close)}.`);
}
