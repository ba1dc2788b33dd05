/** Credentials from a command of the kubeconfig: run when they are needed, kept until they expire or are refused. */

import { isatty } from 'node:tty';
import { isDeepStrictEqual } from 'node:util';
import { SharedWork } from '../lib/shared-work.ts';
import type { CredentialSource, Credentials } from './credentials.ts';
import { CredentialError } from './credentials.ts';
import type { ExecAnswer } from './exec-answer.ts';
import { AnswerError, execInfo, readExecAnswer } from './exec-answer.ts';
import type { ExecPlugin } from './exec-plugin.ts';
import { CommandFailure, findCommand, findForbidden, runCommand } from './run-command.ts';

/** A command that is about to run, for whoever wants to see it first. */
export interface CredentialCommand {
  /** The kubeconfig and the user in it that ask for the command. */
  kubeconfig: string;
  user: string;
  /** Somebody pointed at the kubeconfig, by flag or environment. */
  named: boolean;
  /** The program's absolute path. */
  program: string;
  args: readonly string[];
  env: readonly Readonly<{ name: string; value: string }>[];
}

export interface ExecOptions {
  env: Readonly<Record<string, string | undefined>>;
  /** What the plugin is told of the cluster, where it wants to know. */
  cluster: object | undefined;
  /** The kubeconfig was named by flag or environment. */
  named: boolean;
  /** Called before each run; it does not run if this throws. */
  beforeCommand?: ((command: CredentialCommand) => void | Promise<void>) | undefined;
  /** Standard input is a terminal on which the command may ask. Default: whether it is one. */
  interactive?: boolean | undefined;
  /** Default: 5 minutes, 15 where somebody is asked. */
  limitMs?: number;
}

const maxOutputBytes = 1024 * 1024;
/** Credentials that came because others were refused, and are refused too, are not replaced again within this time. */
const renewalPauseMs = 30_000;

export function execCredentials(plugin: ExecPlugin, options: ExecOptions): CredentialSource {
  let held: ExecAnswer | undefined;
  let renewedAt = Number.NEGATIVE_INFINITY;
  let hinted = false;

  const work = new SharedWork<Credentials>(async (signal) => {
    const answer = await run(signal);
    // The same object for the same content: who was refused can tell.
    held =
      isDeepStrictEqual(answer.credentials, held?.credentials) && held
        ? { ...answer, credentials: held.credentials }
        : answer;
    return held.credentials;
  });

  async function run(signal: AbortSignal): Promise<ExecAnswer> {
    const interactive = mayAsk(plugin, options);
    const program = await findCommand(plugin.command, options.env.PATH);
    if (program === undefined) throw await notFound();
    const { entry, args, env, apiVersion } = plugin;
    await options.beforeCommand?.({
      kubeconfig: entry.file,
      user: entry.name,
      named: options.named,
      program,
      args,
      env,
    });
    try {
      const output = await runCommand({
        file: program,
        args,
        env: {
          ...options.env,
          ...Object.fromEntries(env.map(({ name, value }) => [name, value])),
          KUBERNETES_EXEC_INFO: execInfo(
            apiVersion,
            interactive,
            plugin.provideClusterInfo ? options.cluster : undefined,
          ),
        },
        interactive,
        limitMs: options.limitMs ?? (interactive ? 900_000 : 300_000),
        maxOutputBytes,
        signal,
      });
      return await readExecAnswer(output, apiVersion);
    } catch (error) {
      if (error instanceof CommandFailure || error instanceof AnswerError) throw failure(plugin, error.message);
      throw error;
    }
  }

  /** With the kubeconfig's hint, once. */
  async function notFound(): Promise<CredentialError> {
    const forbidden = await findForbidden(plugin.command, options.env.PATH);
    if (forbidden !== undefined) {
      const next = 'Make it executable (chmod +x), then try again.';
      return failure(plugin, `you may not run ${forbidden} (permission denied)`, next);
    }
    const hint = hinted ? undefined : plugin.installHint;
    hinted = true;
    const next = 'Install it, then try again.';
    const found = failure(plugin, 'there is no such program on this machine', next);
    if (hint === undefined) return found;
    return new CredentialError(`${found.message} The kubeconfig says: ${withoutControls(hint)}`, { next });
  }

  const atHand = (): Credentials | undefined =>
    held !== undefined && !work.running && (held.expires === undefined || Date.now() <= held.expires)
      ? held.credentials
      : undefined;

  return {
    atHand,
    current: (signal) => atHand() ?? work.join(signal),
    async renew(refused, signal) {
      if (!work.running && held?.credentials === refused) {
        if (performance.now() - renewedAt < renewalPauseMs) return false;
        renewedAt = performance.now();
      } else if (!work.running) return held !== undefined;
      return (await work.join(signal)) !== refused;
    },
  };
}

function mayAsk(plugin: ExecPlugin, options: ExecOptions): boolean {
  if (plugin.interactiveMode === 'Never') return false;
  const terminal = options.interactive ?? isatty(0);
  if (plugin.interactiveMode === 'Always' && !terminal) {
    throw failure(
      plugin,
      'it must ask on a terminal ("interactiveMode: Always"), and standard input is none',
      'Start this on a terminal.',
    );
  }
  return terminal;
}

function failure(
  { command, entry }: ExecPlugin,
  what: string,
  next = `Log in again with ${JSON.stringify(command)}, then try again: it is run anew.`,
): CredentialError {
  const by = entry.usedBy === undefined ? '' : ` (used by context "${entry.usedBy}")`;
  return new CredentialError(
    `No credentials from the command ${JSON.stringify(command)} of user "${entry.name}"${by} in ${entry.file}: ${what}.`,
    { next },
  );
}

/** A hint is shown on terminals. */
function withoutControls(text: string): string {
  return text
    .replace(/\x1b\[[0-9;]*[A-Za-z]/g, '')
    .replace(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, '')
    .trim();
}
