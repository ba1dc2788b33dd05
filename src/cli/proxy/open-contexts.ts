/** From `--context` (several times) and `--all-contexts` to the clusters behind one gateway. */
import type { ClientConfig } from '../../client/client-config.ts';
import { ConfigError } from '../../client/client-config.ts';
import { openClusterClient } from '../../client/cluster-client-http.ts';
import type { CredentialError } from '../../client/credentials.ts';
import { kubeconfigPaths, readKubeconfig } from '../../client/kubeconfig-file.ts';
import type { GatewayContexts, UnusableContext } from '../../gateway/contexts.ts';
import { nameContexts } from '../../gateway/contexts.ts';
import type { CommandIo } from '../command.ts';
import { UsageError } from '../command.ts';
import { clusterConfig } from '../connect.ts';
import type { GlobalFlags } from '../flags.ts';
import { escapeControls } from '../print/escape.ts';
import { toldLogin } from './told-login.ts';

export interface ContextChoice {
  /** Those of `--context`, in order; none: the current one. */
  contexts: readonly string[];
  all: boolean;
  globals: GlobalFlags;
}

export interface OpenedContexts extends AsyncDisposable {
  contexts: GatewayContexts;
  /** What the kubeconfig has but nothing can be done with; said on stderr already. */
  unusable: readonly UnusableContext[];
}

/**
 * One context must be usable: its ConfigError is thrown. Of several, those that are not usable are told and left out,
 * unless none is left.
 */
export async function openContexts(
  choice: ContextChoice,
  io: Pick<CommandIo, 'env' | 'stderr'>,
): Promise<OpenedContexts> {
  const names = await contextNames(choice, io);
  const configs: { name: string | undefined; config: ClientConfig }[] = [];
  const failed: { name: string; why: string }[] = [];
  for (const name of names) {
    try {
      const config = await clusterConfig({ ...choice.globals, context: name }, io);
      const tell = ({ message, next }: CredentialError): void => {
        const advice = next === undefined ? '' : ` ${next}`;
        io.stderr.write(escapeControls(`warning: the login to the cluster failed: ${message}${advice}\n`));
      };
      const { credentials } = config;
      configs.push({
        name: name ?? config.origin?.context,
        config: credentials === undefined ? config : { ...config, credentials: toldLogin(credentials, tell) },
      });
    } catch (error) {
      if (!(error instanceof ConfigError) || name === undefined || names.length === 1) throw error;
      failed.push({ name, why: error.message });
      io.stderr.write(escapeControls(`warning: the context "${name}" is left out: ${error.message}\n`));
    }
  }
  await using clients = new AsyncDisposableStack();
  const opened = configs.map((each) => ({ ...each, client: clients.use(openClusterClient(each.config)) }));
  const [first, ...others] = opened;
  if (first === undefined) throw new ConfigError('None of the contexts can be used.');
  const named = nameContexts([first, ...others], failed);
  const running = clients.move();
  return { ...named, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

/** `[undefined]`: whatever the kubeconfig, flags or a pod's environment lead to. */
async function contextNames(
  { contexts, all, globals }: ContextChoice,
  { env }: Pick<CommandIo, 'env'>,
): Promise<readonly (string | undefined)[]> {
  const several = all || contexts.length > 1;
  if (several && (globals.server.length > 0 || globals.token !== undefined)) {
    const flag = globals.server.length === 0 ? '--token' : '--server';
    throw new UsageError(`${flag} is for one cluster: give one --context with it, or none`);
  }
  if (!all) return contexts.length === 0 ? [undefined] : [...new Set(contexts)];
  const { paths, required } = kubeconfigPaths(globals.kubeconfig, env);
  const { contexts: known, currentContext } = await readKubeconfig(paths, required);
  // Those that are named come first, then the current one: the first has the short host names.
  const first = [...contexts, currentContext].filter((name) => name !== '');
  const names = new Set([...first, ...known.keys()]);
  if (names.size === 0)
    throw new ConfigError(
      `No context is in ${paths.join(', ')}. Name a kubeconfig with --kubeconfig, or by KUBECONFIG. "fairlead up" starts a cluster.`,
    );
  return [...names];
}
