/** A program in a new terminal, as a `StartedProcess`. */
import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { access, stat } from 'node:fs/promises';
import { constants } from 'node:os';
import { resolve } from 'node:path';
import { Duplex } from 'node:stream';
import { findCommand } from '../../client/run-command.ts';
import { programUrl } from '../../lib/program-url.ts';
import { terminalObstacle } from '../terminal/binding.ts';
import type { FromHost, ToHost } from '../terminal/messages.ts';
import { wireFd } from '../terminal/messages.ts';
import type { TerminalSize } from '../terminal/size.ts';
import { StartFailure } from './runtime.ts';
import type { ProcessLaunch, StartedProcess } from './started-process.ts';
import { startErrorText } from './started-process.ts';

const host = programUrl('../terminal/host.ts', import.meta.url);

/** Waits for the size, and resolves when the program runs. Throws `StartFailure`. */
export async function startInTerminal(
  launch: ProcessLaunch,
  size: TerminalSize | Promise<TerminalSize>,
): Promise<StartedProcess> {
  const obstacle = terminalObstacle();
  if (obstacle !== undefined) throw new StartFailure(obstacle);
  const environment = { TERM: 'xterm', ...launch.environment };
  await findProgram({ ...launch, environment });
  const { NODE_COMPILE_CACHE } = process.env;
  const child = fork(host, {
    // Of its own session: a Ctrl-C in front of the node is for the node.
    detached: true,
    execArgv: ['--max-semi-space-size=1'],
    env: NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE },
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'ipc'],
  });
  child.on('error', () => {});
  const tell = (message: ToHost) => child.connected && child.send(message, () => {});
  const wire = child.stdio[wireFd];
  if (!(wire instanceof Duplex)) throw new StartFailure('no process could be started for the terminal');
  wire.on('error', () => {});
  const ended = endOf(child);
  tell({ kind: 'start', ...launch, environment, size: await size });
  const pid = await Promise.race([pidOf(child), ended.then(() => undefined)]);
  if (pid === undefined) throw new StartFailure('the process that holds the terminal ended');
  let isAlive = true;
  const exited = ended.finally(() => {
    isAlive = false;
  });
  return {
    pid,
    stdin: wire,
    stdout: wire,
    stderr: null,
    exited,
    kill(signal) {
      try {
        if (isAlive) process.kill(pid, signal);
      } catch {
        // Gone in between.
      }
    },
    terminal: {
      resize: (changed) => tell({ kind: 'resize', size: changed }),
      hangUp: () => tell({ kind: 'hang up' }),
    },
  };
}

/** Throws `StartFailure`: within the terminal nobody could tell that failure from the program's own. */
async function findProgram({ argv: [program = ''], environment, workingDirectory }: ProcessLaunch): Promise<void> {
  const fail = (code: string) => {
    throw new StartFailure(startErrorText(program, workingDirectory, { code, message: code }));
  };
  if (program === '') fail('ENOENT');
  const directory = await stat(workingDirectory).catch(() => undefined);
  if (directory?.isDirectory() !== true)
    fail(program.includes('/') ? 'ENOENT' : 'the working directory does not exist');
  const file = program.includes('/') ? resolve(workingDirectory, program) : program;
  if ((await findCommand(file, environment.PATH)) !== undefined) return;
  const isThere =
    file !== program || program.startsWith('/')
      ? await access(file).then(
          () => true,
          () => false,
        )
      : false;
  fail(isThere ? 'EACCES' : 'ENOENT');
}

/** Rejects with `StartFailure` where there was no terminal for it. */
function pidOf(child: ChildProcess): Promise<number> {
  return new Promise((settle, fail) => {
    child.on('message', (message: FromHost) => {
      if (message.kind === 'started') settle(message.pid);
      else if (message.kind === 'failed') fail(new StartFailure(`there is no terminal for it: ${message.message}`));
    });
  });
}

/** How the program ended; as if by SIGKILL where the holder of its terminal did, which hangs it up. */
function endOf(child: ChildProcess): Promise<{ exitCode: number; signal?: number }> {
  return new Promise((settle) => {
    const { SIGKILL } = constants.signals;
    child.on('message', (message: FromHost) => {
      if (message.kind !== 'exited') return;
      if (message.signal === 0) settle({ exitCode: message.code });
      else settle({ exitCode: 128 + message.signal, signal: message.signal });
    });
    const killed = () => settle({ exitCode: 128 + SIGKILL, signal: SIGKILL });
    // Its end may be known before its last messages are read: those of a program that is quick.
    child.once('exit', () => (child.connected ? child.once('disconnect', killed) : setImmediate(killed)));
    child.once('error', killed);
  });
}
