/** From kubectl's global flags to a cluster. */
import type { ClientConfig } from '../client/client-config.ts';
import { loadKubeconfig } from '../client/kubeconfig.ts';
import type { CommandIo } from './command.ts';
import { UsageError } from './command.ts';
import { parseDuration } from './duration.ts';
import type { GlobalFlags } from './flags.ts';
import { saveLogin } from './kubeconfig/save-login.ts';
import { showCommand } from './kubeconfig/show-command.ts';
import { escapeControls } from './print/escape.ts';

/**
 * Says on stderr where a file turns the check of certificates off, and which commands a file that was named makes run.
 * Throws ConfigError where there is no cluster to talk to, and UsageError for a flag that cannot be read.
 */
export async function clusterConfig(
  globals: GlobalFlags,
  { env, stderr }: Pick<CommandIo, 'env' | 'stderr'>,
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
    namespace: globals.namespace,
    requestTimeoutMs: parseTimeout(globals['request-timeout']),
    userAgent: 'fairlead',
    env,
    beforeCommand: (command) => showCommand(command, { env, stderr }),
    saveLogin: (update) => saveLogin(update, stderr),
  });
  if (config.tls?.insecureSkipVerify === true && globals['insecure-skip-tls-verify'] !== true) {
    const files = config.origin?.files.join(', ') ?? '';
    stderr.write(
      escapeControls(
        `warning: ${files} turns the check of the server's certificate off (insecure-skip-tls-verify): whoever sits between can read and change everything\n`,
      ),
    );
  }
  return config;
}

/** Undefined for no limit, which is also what 0 means. */
export function parseTimeout(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const milliseconds = parseDuration(text, '--request-timeout');
  if (milliseconds < 0) throw new UsageError(`invalid --request-timeout "${text}": it is below zero`);
  return milliseconds === 0 ? undefined : milliseconds;
}
