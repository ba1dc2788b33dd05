/** What went wrong, in one sentence on stderr, and the exit code that goes with it. */
import { StatusError } from '../api/status.ts';
import { shellWords } from '../lib/shell-words.ts';
import { CommandError, type CommandIo, KubectlOnly, UsageError } from './command.ts';
import { firstWord } from './find-command.ts';
import { hintLine } from './hint.ts';
import { redactArguments } from './kubeconfig/redact.ts';
import { kubectlCommand, kubectlHasFlag } from './kubectl/facts.ts';
import { UnknownFlag } from './parse-flags.ts';
import { escapeControls } from './print/escape.ts';
import { statusLine } from './print/status-line.ts';

/** `command` is its name, empty where none was found; `argv` the whole command line. */
export function reportError(
  error: unknown,
  { argv, command, io }: { argv: readonly string[]; command: string; io: CommandIo },
): number {
  if (error instanceof UsageError && !(error instanceof KubectlOnly) && command !== '') {
    // What follows the command's name may make it another one, whose flags and words these are.
    const asked = kubectlCommand(argv.slice(firstWord(argv)));
    if (asked?.startsWith(`${command} `)) return reportKubectlOnly(`"${asked}" is not here`, argv, io);
  }
  if (error instanceof UnknownFlag && command !== '' && kubectlHasFlag(command, error.flag)) {
    const flag = error.flag.length === 1 ? `-${error.flag}` : `--${error.flag}`;
    return reportKubectlOnly(`${flag} is not supported here`, argv, io);
  }
  if (error instanceof KubectlOnly) return reportKubectlOnly(error.message, argv, io);
  if (error instanceof UsageError) {
    const help = `fairlead${command === '' ? '' : ` ${command}`} --help`;
    io.stderr.write(`error: ${escapeControls(error.message)}\nSee '${help}'.\n`);
    return 2;
  }
  if (error instanceof StatusError) {
    io.stderr.write(`${statusLine(error)}\n${hintLine(error)}`);
    return 1;
  }
  const message = error instanceof Error ? error.message : String(error);
  io.stderr.write(`error: ${escapeControls(message)}\n${hintLine(error)}`);
  if (io.env.FAIRLEAD_DEBUG === '1' && error instanceof Error && !(error instanceof CommandError)) {
    io.stderr.write(`${error.stack ?? ''}\n`);
  }
  return error instanceof CommandError ? error.exitCode : 1;
}

function reportKubectlOnly(what: string, argv: readonly string[], io: CommandIo): number {
  const line = `kubectl ${shellWords(redactArguments(argv).map(String))}`;
  io.stderr.write(escapeControls(`error: ${what}; kubectl has it:\n  ${line}\n`));
  return 2;
}
