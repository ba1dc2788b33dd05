/** The tar program of a container: what it reads, what it writes, and what it says when it fails. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { StatusError } from '../../api/status.ts';
import { CommandCutOff } from '../../client/command-cut-off.ts';
import type { ExecSession } from '../../client/exec.ts';
import type { PodDoor } from '../../client/pod.ts';
import { shellWords } from '../../lib/shell-words.ts';
import { CommandError } from '../command.ts';
import { LeftOut } from './pack.ts';

export interface ContainerTar {
  door: PodDoor;
  container: string;
  signal: AbortSignal;
  /** Told of what goes wrong and is tried again, in a sentence. */
  warn(sentence: string): void;
}

/** More of what a program complains is not kept. */
const maxComplaint = 16 * 1024;
/** tar says so of every absolute path. */
const harmless = /^.*Removing leading [`'"].*$\n?/gm;

/** True where the container says that this is a folder. Throws StatusError. */
export async function isFolder(tar: ContainerTar, path: string): Promise<boolean> {
  const session = await start(tar, ['test', '-d', path], false);
  session.stdout.resume();
  session.stderr.resume();
  return (await session.exitCode) === 0;
}

/**
 * A tar of the path as the container makes it. Where the connection breaks it is asked again for what did not come, so
 * often; below zero for ever. Throws CommandError for what tar could not read, CommandCutOff.
 */
export async function* tarOf(tar: ContainerTar, path: string, retries: number): AsyncGenerator<Buffer> {
  let received = 0;
  for (let tries = 0; ; tries++) {
    const whole = ['tar', 'cf', '-', '--', path];
    const command = received === 0 ? whole : ['sh', '-c', `${shellWords(whole)} | tail -c +${received + 1}`];
    try {
      for await (const chunk of output(tar, command)) {
        received += chunk.length;
        yield chunk;
      }
      return;
    } catch (error) {
      tar.signal.throwIfAborted();
      const isLost = error instanceof CommandCutOff || !(error instanceof StatusError || error instanceof CommandError);
      if (!isLost || (retries >= 0 && tries >= retries)) throw error;
      const many = retries < 0 ? '' : ` of ${retries}`;
      tar.warn(`the connection broke; going on after ${received} bytes (retry ${tries + 1}${many})`);
    }
  }
}

async function* output(tar: ContainerTar, command: readonly string[]): AsyncGenerator<Buffer> {
  const session = await start(tar, command, false);
  const complaint = collect(session.stderr);
  // What breaks the streams is told by the exit code, in better words.
  let cut: unknown;
  try {
    for await (const chunk of session.stdout as AsyncIterable<Buffer>) yield chunk;
  } catch (error) {
    cut = error;
  }
  await checkEnd(session, complaint, tar);
  if (cut !== undefined) throw cut;
}

/**
 * Gives a tar to the container's, which unpacks it in the folder. Throws CommandError with what it says, and LeftOut when
 * what came before in the archive is there.
 */
export async function untar(
  tar: ContainerTar,
  { folder, archive, preserve }: { folder: string; archive: AsyncIterable<Buffer>; preserve: boolean },
): Promise<void> {
  const rights = preserve ? [] : ['--no-same-permissions', '--no-same-owner'];
  const session = await start(tar, ['tar', ...rights, '-xmf', '-', '-C', folder], true);
  session.stdout.resume();
  const complaint = collect(session.stderr);
  let leftOut: LeftOut | undefined;
  const sent = async function* (): AsyncGenerator<Buffer> {
    try {
      yield* archive;
    } catch (error) {
      // The archive has its end, which is to reach the container.
      if (!(error instanceof LeftOut)) throw error;
      leftOut = error;
    }
  };
  let failure: unknown;
  await pipeline(Readable.from(sent()), session.stdin).catch((error: unknown) => {
    failure = error;
  });
  // A file of this machine that ends too soon; where tar went first, it says why.
  if (failure instanceof CommandError) throw failure;
  await checkEnd(session, complaint, tar);
  // A tar that ended well has read what it needs: what pads the archive may be left over.
  if (failure !== undefined && !isBrokenPipe(failure)) throw failure;
  if (leftOut !== undefined) throw leftOut;
}

function isBrokenPipe(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'EPIPE' || code === 'ERR_STREAM_PREMATURE_CLOSE';
}

async function start(
  { door, container, signal }: ContainerTar,
  command: readonly string[],
  stdin: boolean,
): Promise<ExecSession> {
  const session = await door.exec(command, { container, signal, stdin });
  session.stdin.on('error', () => {});
  return session;
}

async function checkEnd(session: ExecSession, complaint: Promise<string>, { container }: ContainerTar): Promise<void> {
  let code: number;
  try {
    code = await session.exitCode;
  } catch (error) {
    if (error instanceof StatusError && /executable file not found|no such file/i.test(error.message)) {
      throw withoutTar(container);
    }
    throw error;
  }
  if (code === 0) return;
  const said = (await complaint).replace(harmless, '').trim();
  if (code === 127 || (code === 126 && said === '')) throw withoutTar(container);
  const what = said === '' ? `tar ended with exit code ${code} in container ${container}` : said;
  throw new CommandError(what, { exitCode: code });
}

function withoutTar(container: string): CommandError {
  return new CommandError(`container ${container} has no tar, which copying needs`);
}

async function collect(stream: AsyncIterable<Buffer>): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of stream) {
      length += chunk.length;
      if (length <= maxComplaint) pieces.push(chunk);
    }
  } catch {
    // The exit code tells of a cut.
  }
  return Buffer.concat(pieces).toString('utf8');
}
