/** From kubectl's global flags to a cluster. */
import type { ChoiceNames } from '../client/choice-names.ts';
import { type ClientConfig, ConfigError, type Impersonation, KubeconfigMissing } from '../client/client-config.ts';
import type { CredentialCommand } from '../client/exec-credentials.ts';
import { type KubeconfigChoice, loadKubeconfig } from '../client/kubeconfig.ts';
import type { CommandIo } from './command.ts';
import { CommandError, UsageError } from './command.ts';
import { parseTimeLimit } from './duration.ts';
import type { GlobalFlags } from './flags.ts';
import { saveLogin } from './kubeconfig/save-login.ts';
import { showCommand, wasShown } from './kubeconfig/show-command.ts';
import { escapeControls } from './print/escape.ts';

const flagNames: ChoiceNames = {
  path: '--kubeconfig',
  context: '--context',
  cluster: '--cluster',
  server: '--server',
  certificateAuthority: '--certificate-authority',
  clientCertificate: '--client-certificate',
  clientKey: '--client-key',
};

/**
 * Says on stderr where a file turns the check of certificates off, and which commands a file that was named makes run.
 * `unattended`: nobody sees or answers, so that a command which was never shown does not run. Throws ConfigError where there is no cluster to talk to, and UsageError for a flag that cannot be read.
 */
export async function clusterConfig(
  globals: GlobalFlags,
  io: Pick<CommandIo, 'env' | 'stderr'>,
  { unattended = false, laterCheck }: { unattended?: boolean; laterCheck?: KubeconfigChoice['laterCheck'] } = {},
): Promise<ClientConfig> {
  const [server, ...servers] = globals.server.filter((url) => url !== '');
  const config = await loadKubeconfig({
    path: globals.kubeconfig,
    context: globals.context,
    server,
    servers,
    discoverServers: globals['discover-servers'],
    token: globals.token,
    certificateAuthority: globals['certificate-authority'],
    insecureSkipTlsVerify: globals['insecure-skip-tls-verify'],
    clientCertificate: globals['client-certificate'],
    clientKey: globals['client-key'],
    laterCheck,
    tlsServerName: globals['tls-server-name'],
    cluster: globals.cluster,
    user: globals.user,
    impersonate: parseImpersonation(globals),
    namespace: globals.namespace,
    requestTimeoutMs: parseTimeout(globals['request-timeout']),
    userAgent: 'fairlead',
    env: io.env,
    names: flagNames,
    beforeCommand: (command) => (unattended ? refuseNewCommand(command, io.env) : showCommand(command, io)),
    ...(unattended && { interactive: false }),
    saveLogin: (update) => saveLogin(update, io.stderr),
  }).catch(async (error: unknown) => {
    if (error instanceof KubeconfigMissing) throw new ConfigError(`${error.message} "fairlead up" starts a cluster.`);
    throw await withContextHint(error, globals, io);
  });
  if (config.tls?.insecureSkipVerify === true && globals['insecure-skip-tls-verify'] !== true) {
    const files = config.origin?.files.join(', ') ?? '';
    io.stderr.write(
      escapeControls(
        `warning: ${files} turns the check of the server's certificate off (insecure-skip-tls-verify): whoever sits between can read and change everything\n`,
      ),
    );
  }
  return config;
}

/** Where the context that was named is none, the one that was most likely meant. */
async function withContextHint(error: unknown, globals: GlobalFlags, io: Pick<CommandIo, 'env'>): Promise<unknown> {
  if (!(error instanceof ConfigError) || globals.context === undefined) return error;
  const [{ readConfigFiles }, { didYouMean, withHint }, { nearest }] = await Promise.all([
    import('./kubeconfig/config-files.ts'),
    import('./hint.ts'),
    import('./nearest.ts'),
  ]);
  // A file that cannot be read is what the error says.
  const files = await readConfigFiles(globals, io).catch(() => undefined);
  const names = [...(files?.merged.contexts.keys() ?? [])];
  return names.includes(globals.context) ? error : withHint(error, didYouMean(nearest(globals.context, names)));
}

async function refuseNewCommand(command: CredentialCommand, env: CommandIo['env']): Promise<void> {
  if (!(await wasShown(command, env))) throw new CommandError('a credential command that was never shown does not run');
}

/** What of it was given; the rest may be in the kubeconfig. */
function parseImpersonation(globals: GlobalFlags): Partial<Impersonation> {
  const { as: user, 'as-uid': uid, 'as-group': groups = [], 'as-user-extra': pairs = [] } = globals;
  const extra: Record<string, string[]> = {};
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    if (equals < 1) throw new UsageError(`invalid --as-user-extra "${pair}": write KEY=VALUE`);
    const key = pair.slice(0, equals);
    extra[key] = [...(extra[key] ?? []), pair.slice(equals + 1)];
  }
  for (const text of [user ?? '', uid ?? '', ...groups, ...pairs]) {
    // It becomes a header line.
    if (/\p{Cc}/u.test(text)) throw new UsageError('--as and its companions take no control characters');
  }
  return {
    ...(user && { user }),
    ...(uid && { uid }),
    ...(groups.length > 0 && { groups }),
    ...(pairs.length > 0 && { extra }),
  };
}

/** Undefined for no limit, which is also what 0 means. */
export function parseTimeout(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const milliseconds = parseTimeLimit(text, '--request-timeout');
  if (milliseconds < 0) throw new UsageError(`invalid --request-timeout "${text}": it is below zero`);
  return milliseconds === 0 ? undefined : milliseconds;
}
