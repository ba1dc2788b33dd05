/** What the node agent asks of whatever runs containers. `process.ts` runs them as processes of this machine. */
import type { Readable, Writable } from 'node:stream';
import type { ContainerLog } from '../logs/container-log.ts';
import type { TerminalSizes } from '../terminal/size.ts';

/** A container with everything resolved: nothing in it refers to the cluster any more. */
export interface ContainerLaunch {
  podUid: string;
  name: string;
  /** Program and arguments; never empty. */
  argv: readonly string[];
  /** The whole environment. */
  environment: Readonly<Record<string, string>>;
  workingDirectory: string;
  /** Keep standard input open instead of empty. */
  stdin: boolean;
  /** Run in a terminal: standard output and error are one. */
  tty: boolean;
  /** Where standard output and error go. */
  log: ContainerLog;
  /** Directory for the runtime's own records of this container. */
  directory: string;
}

export interface ContainerExit {
  exitCode: number;
  /** Number of the signal that ended it, if one did. */
  signal?: number;
  reason: 'Completed' | 'Error' | 'StartError';
  message?: string;
  startedAt: Date;
  finishedAt: Date;
}

export interface ExecLaunch {
  argv: readonly string[];
  /** Absent: standard input is empty. */
  stdin?: Readable;
  stdout?: Writable;
  /** Without a terminal. */
  stderr?: Writable;
  /** Run in a terminal of this size. The end of `stdin` is an end of file for what reads from it. */
  terminal?: TerminalSizes;
  /** Ends all processes of the command; in a terminal by a hang-up (SIGHUP), and a second later for good. */
  signal: AbortSignal;
}

export interface ExecExit {
  exitCode: number;
  /** Why the command could not be started at all. */
  startError?: string;
}

export interface Attachment {
  stdin?: Readable;
  stdout?: Writable;
  stderr?: Writable;
  /** Of the client's window, for a container that has a terminal. */
  terminal?: TerminalSizes;
  /** The end of this input, or of the attachment, is the end of the container's standard input. */
  endsStdin: boolean;
  /** Ends the attachment; the container goes on. */
  signal: AbortSignal;
}

export interface RunningContainer {
  /** Unique over all runs: 64 hex digits. */
  readonly id: string;
  readonly pid: number;
  readonly startedAt: Date;
  /** Settles when the main process is gone, its children are killed and its output is in the log. Never rejects. */
  readonly exited: Promise<ContainerExit>;
  /** SIGKILL goes to every process of the container, other signals to the main one; nothing happens once it is gone. */
  kill(signal: NodeJS.Signals): void;
  /**
   * Connects to the main process: what it writes from now on, and its input if it has one (else what comes is dropped).
   * Resolves when the container has ended and all output was passed on, when the signal fires, or with `too slow` when
   * the reader was too far behind. Never rejects.
   */
  attach(attachment: Attachment): Promise<'ended' | 'too slow'>;
  /** Runs a command with the container's environment and working directory. Never rejects. */
  exec(launch: ExecLaunch): Promise<ExecExit>;
}

export interface Runtime {
  /** `process://1.0` as in Node.status.nodeInfo.containerRuntimeVersion. */
  readonly version: string;
  /** Throws `StartFailure` when the program cannot be started. */
  start(launch: ContainerLaunch): Promise<RunningContainer>;
  /** Kills whatever processes of the pod's containers still exist, also those that left their process group. */
  endPod(podDirectory: string): Promise<void>;
  /** Ends processes that an earlier, crashed run left behind. Returns how many there were. */
  endLeftovers(podsDirectory: string): Promise<number>;
}

/** The program could not be started: not found, not executable. The message says which and why. */
export class StartFailure extends Error {
  override readonly name = 'StartFailure';
}
