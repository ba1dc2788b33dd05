/**
 * A kubeconfig can make this machine run a command. One in `~/.kube/config` is the user's own; of a file that was named by
 * --kubeconfig or $KUBECONFIG, which may have come from anybody, the command is shown before its first run.
 */
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { CredentialCommand } from '../../client/exec-credentials.ts';
import { makeDirectory } from '../../lib/make-directory.ts';
import { shellWords } from '../../lib/shell-words.ts';
import type { CommandIo } from '../command.ts';
import { escapeControls } from '../print/escape.ts';
import { redactArguments } from './redact.ts';

/** Beyond this the memory begins anew: commands are shown once more. */
const maxRemembered = 1000;

/** Writes to stderr what was not shown before: the same command, arguments and environment for the same user and file. */
export async function showCommand(
  command: CredentialCommand,
  { env, stderr }: Pick<CommandIo, 'env' | 'stderr'>,
): Promise<void> {
  if (!command.named) return;
  const { memory, fingerprint, shown } = await recall(command, env);
  if (shown.includes(fingerprint)) return;
  const words = shellWords([command.program, ...redactArguments(command.args)].map(String));
  const variables = command.env.map(({ name }) => name).join(', ');
  const lines = [
    `The kubeconfig ${command.kubeconfig} takes the credentials of user "${command.user}" from a command, which runs now for the first time:`,
    `  ${words}${variables === '' ? '' : `  (with ${variables} in its environment)`}`,
    'If you do not know it, press Ctrl-C, and do not use this kubeconfig.',
  ];
  stderr.write(lines.map((line) => `${escapeControls(line)}\n`).join(''));
  // Where nothing can be remembered it is shown each time.
  await remember(memory, fingerprint, shown.length > maxRemembered).catch(() => {});
}

/** Whether it may run where nothing can be shown: it is the user's own, or was shown before. */
export async function wasShown(command: CredentialCommand, env: CommandIo['env']): Promise<boolean> {
  if (!command.named) return true;
  const { fingerprint, shown } = await recall(command, env);
  return shown.includes(fingerprint);
}

async function recall(command: CredentialCommand, env: CommandIo['env']) {
  const memory = shownCommandsFile(env);
  const fingerprint = await fingerprintOf(command);
  const shown = (await readFile(memory, 'utf8').catch(() => '')).split('\n');
  return { memory, fingerprint, shown };
}

/** In `$XDG_STATE_HOME/fairlead`, by default below `~/.local/state`. */
export function shownCommandsFile(env: CommandIo['env']): string {
  const configured = env.XDG_STATE_HOME;
  const base = configured?.startsWith('/') === true ? configured : join(env.HOME ?? homedir(), '.local', 'state');
  return join(base, 'fairlead', 'shown-commands');
}

async function remember(memory: string, fingerprint: string, anew: boolean): Promise<void> {
  await makeDirectory(dirname(memory), 0o700);
  const write = anew ? writeFile : appendFile;
  await write(memory, `${fingerprint}\n`, { mode: 0o600 });
}

/** Of everything that decides what runs; only this is kept, since arguments and environment may hold secrets. */
async function fingerprintOf({ kubeconfig, user, program, args, env }: CredentialCommand): Promise<string> {
  const { createHash } = await import('node:crypto');
  return createHash('sha256')
    .update(JSON.stringify([kubeconfig, user, program, args, env]))
    .digest('hex');
}
