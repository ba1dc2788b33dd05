/** One container of a pod through all its runs: start, probes, restarts with back-off, end. */
import type { Container, ContainerState, ContainerStatus } from '../../api/types/core-v1.ts';
import { sleepUnlessAborted } from '../../lib/abortable-sleep.ts';
import { ContainerLog } from '../logs/container-log.ts';
import type { AttemptResult } from '../probes/attempt.ts';
import { attempt } from '../probes/attempt.ts';
import { runProbes } from '../probes/prober.ts';
import type { ContainerExit, ContainerLaunch, RunningContainer, Runtime } from '../runtime/runtime.ts';
import { StartFailure } from '../runtime/runtime.ts';
import { ConfigError } from './config-error.ts';
import { RestartBackoff } from './restart-backoff.ts';
import { terminationMessage } from './termination-message.ts';

/** Longer than any cluster of this sort lives: about 24 days, the longest time a timer takes. */
const FOREVER_MS = 2 ** 31 - 1;

export type ContainerRole = 'init' | 'sidecar' | 'main';

/** What a launch needs besides the log, and what the status tells of it. */
export interface PreparedLaunch {
  launch: Omit<ContainerLaunch, 'log'>;
  imageID: string;
  logFile: string;
  /** The container's root, where a termination message may be. */
  root: string;
}

/** Nothing provides the container's image: it will not run however often it is tried. */
export class ImageMissing extends Error {
  override readonly name = 'ImageMissing';
}

export interface ContainerHost {
  readonly runtime: Runtime;
  readonly podName: string;
  podIP(): string;
  /** Throws `ImageMissing` or `ConfigError`. `attemptNumber` counts runs from 0. */
  prepare(container: Container, attemptNumber: number): Promise<PreparedLaunch>;
  /** Where the output of a run is kept, whether or not it is still there. */
  logFile(container: Container, attemptNumber: number): string;
  /** The pod's restart policy. */
  restartPolicy(): string;
  event(container: Container, type: 'Normal' | 'Warning', reason: string, message: string): void;
  /** The status of some container changed. */
  changed(): void;
}

export class ContainerRunner {
  readonly spec: Container;
  readonly role: ContainerRole;
  /** The current run's log and the one before it. */
  log: ContainerLog | undefined;
  logFile: string | undefined;
  previousLogFile: string | undefined;
  running: RunningContainer | undefined;
  /** The last run ended and no other follows. */
  finished = false;
  readonly #host: ContainerHost;
  readonly #stop = new AbortController();
  readonly #backoff = new RestartBackoff();
  /** Grace for a container that is ended within a living pod. */
  readonly #graceSeconds: number;
  readonly #startedOnce = Promise.withResolvers<void>();
  #state: ContainerState = { waiting: { reason: 'ContainerCreating' } };
  #lastState: ContainerState | undefined;
  #restartCount: number;
  #started = false;
  #ready = false;
  #imageID = '';
  #containerID: string | undefined;
  #ended: Promise<void> | undefined;

  /** `previous`: the status from before this agent started, whose run is over. */
  constructor(options: {
    spec: Container;
    role: ContainerRole;
    host: ContainerHost;
    graceSeconds: number;
    previous?: ContainerStatus;
  }) {
    this.#graceSeconds = options.graceSeconds;
    this.spec = options.spec;
    this.role = options.role;
    this.#host = options.host;
    const { previous } = options;
    const ran = previous?.state?.running !== undefined || previous?.state?.terminated !== undefined;
    this.#restartCount = (previous?.restartCount ?? 0) + (ran ? 1 : 0);
    this.#lastState = ran ? { terminated: endedBefore(previous?.state) } : previous?.lastState;
    if (this.role === 'main') this.#state = { waiting: { reason: 'PodInitializing' } };
  }

  /** Resolves when the container has started (startup probe passed) for the first time, or will never do so. */
  get started(): Promise<void> {
    return this.#startedOnce.promise;
  }

  get isRunning(): boolean {
    return this.running !== undefined;
  }

  /** Takes the state from before this agent started as final: the container has run and is not to run again. */
  adoptFinished(previous: ContainerStatus): void {
    this.#state = { terminated: endedBefore(previous.state) };
    this.#lastState = previous.lastState;
    this.#restartCount = previous.restartCount;
    this.#imageID = previous.imageID;
    this.#containerID = previous.containerID;
    this.logFile = this.#host.logFile(this.spec, this.#restartCount);
    if (this.#restartCount > 0) this.previousLogFile = this.#host.logFile(this.spec, this.#restartCount - 1);
    this.finished = true;
    this.#startedOnce.resolve();
  }

  status(): ContainerStatus {
    const running = this.#state.running !== undefined;
    return {
      name: this.spec.name,
      image: this.spec.image ?? '',
      imageID: this.#imageID,
      ...(this.#containerID === undefined ? {} : { containerID: this.#containerID }),
      restartCount: this.#restartCount,
      ready: this.role === 'init' ? this.finished && this.exitCode === 0 : running && this.#ready,
      started: running && this.#started,
      state: this.#state,
      lastState: this.#lastState ?? {},
    };
  }

  /** Of the last run; undefined while there is none that ended. */
  get exitCode(): number | undefined {
    return this.#state.terminated?.exitCode;
  }

  /** Runs until the restart policy says that it is over, or `stop` was called. Never rejects. */
  run(): Promise<void> {
    if (this.finished) return Promise.resolve();
    this.#ended ??= this.#loop().finally(() => {
      this.finished = true;
      this.#startedOnce.resolve();
      this.#host.changed();
    });
    return this.#ended;
  }

  /** Ends the container: hook, signal, after `graceSeconds` the kill. Resolves when it is gone. */
  async stop(graceSeconds: number): Promise<void> {
    const { running } = this;
    if (!this.#stop.signal.aborted) {
      if (running !== undefined)
        this.#host.event(this.spec, 'Normal', 'Killing', `Stopping container ${this.spec.name}`);
      this.#stop.abort();
      if (running !== undefined) await this.#end(running, graceSeconds);
    } else if (running !== undefined) {
      // Asked again: only the kill can come sooner.
      const kill = setTimeout(() => running.kill('SIGKILL'), graceSeconds * 1000);
      await running.exited;
      clearTimeout(kill);
    }
    await this.#ended;
  }

  async #end(running: RunningContainer, graceSeconds: number): Promise<void> {
    const deadline = Date.now() + graceSeconds * 1000;
    const hook = this.spec.lifecycle?.preStop;
    if (hook !== undefined && graceSeconds > 0) {
      const signal = AbortSignal.any([AbortSignal.timeout(graceSeconds * 1000), exitSignal(running)]);
      const result = await attempt(hook, { container: this.spec, running, podIP: this.#host.podIP(), signal });
      if (!result.ok) this.#host.event(this.spec, 'Warning', 'FailedPreStopHook', hookFailure('PreStopHook', result));
    }
    const stopSignal = (this.spec.lifecycle?.stopSignal ?? 'SIGTERM') as NodeJS.Signals;
    running.kill(graceSeconds === 0 ? 'SIGKILL' : stopSignal);
    // As the kubelet: whatever the hook took, the program gets two seconds.
    const left = graceSeconds === 0 ? 0 : Math.max(deadline - Date.now(), hook === undefined ? 0 : 2000);
    const kill = setTimeout(() => running.kill('SIGKILL'), left);
    await running.exited;
    clearTimeout(kill);
  }

  async #loop(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const prepared = await this.#prepare();
      if (prepared === undefined) return;
      const exit = await this.#runOnce(prepared);
      this.#ready = false;
      this.#started = false;
      this.#setState({ terminated: terminated(exit, this.#containerID) });
      if (signal.aborted || !this.#restarts(exit.exitCode)) return;
      const wait = this.#backoff.after(exit.finishedAt.getTime() - exit.startedAt.getTime());
      if (wait > 0) {
        this.#lastState = this.#state;
        const message = `back-off ${formatWait(wait)} restarting failed container=${this.spec.name} pod=${this.#host.podName}`;
        this.#host.event(
          this.spec,
          'Warning',
          'BackOff',
          `Back-off restarting failed container ${this.spec.name} in pod ${this.#host.podName}`,
        );
        this.#setState({ waiting: { reason: 'CrashLoopBackOff', message } });
        await sleepUnlessAborted(wait, signal);
        if (signal.aborted) return;
      }
      if (this.#state.terminated !== undefined) this.#lastState = this.#state;
      this.#restartCount += 1;
    }
  }

  #restarts(exitCode: number): boolean {
    const policy = this.role === 'sidecar' ? 'Always' : (this.spec.restartPolicy ?? this.#host.restartPolicy());
    if (policy === 'Never') return false;
    return exitCode !== 0 || (policy === 'Always' && this.role !== 'init');
  }

  /** Tries until it can be launched; undefined when the container was stopped before. */
  async #prepare(): Promise<PreparedLaunch | undefined> {
    const { signal } = this.#stop;
    for (let wait = 1000; ; wait = Math.min(wait * 2, 15_000)) {
      try {
        const prepared = await this.#host.prepare(this.spec, this.#restartCount);
        return signal.aborted ? undefined : prepared;
      } catch (error) {
        if (signal.aborted) return undefined;
        const { message } = error as Error;
        if (error instanceof ImageMissing) return await this.#imageMissing(message);
        const reason = error instanceof ConfigError ? 'CreateContainerConfigError' : 'CreateContainerError';
        this.#host.event(this.spec, 'Warning', 'Failed', `Error: ${message}`);
        this.#setState({ waiting: { reason, message } });
      }
      await sleepUnlessAborted(wait, signal);
      if (signal.aborted) return undefined;
    }
  }

  /** Which images there are is settled when the cluster starts: it waits for the pod's end. */
  async #imageMissing(message: string): Promise<undefined> {
    const image = this.spec.image ?? '';
    if (this.spec.imagePullPolicy === 'Never') {
      this.#host.event(this.spec, 'Warning', 'ErrImageNeverPull', message);
      this.#setState({ waiting: { reason: 'ErrImageNeverPull', message } });
      await sleepUnlessAborted(FOREVER_MS, this.#stop.signal);
      return undefined;
    }
    this.#host.event(this.spec, 'Warning', 'Failed', `Failed to pull image "${image}": ${message}`);
    this.#host.event(this.spec, 'Warning', 'Failed', 'Error: ErrImagePull');
    this.#setState({ waiting: { reason: 'ErrImagePull', message } });
    await sleepUnlessAborted(1000, this.#stop.signal);
    if (this.#stop.signal.aborted) return undefined;
    this.#host.event(this.spec, 'Normal', 'BackOff', `Back-off pulling image "${image}"`);
    this.#host.event(this.spec, 'Warning', 'Failed', 'Error: ImagePullBackOff');
    this.#setState({
      waiting: { reason: 'ImagePullBackOff', message: `Back-off pulling image "${image}": ${message}` },
    });
    await sleepUnlessAborted(FOREVER_MS, this.#stop.signal);
    return undefined;
  }

  async #runOnce(prepared: PreparedLaunch): Promise<ContainerExit> {
    const { launch, imageID, logFile, root } = prepared;
    const { spec } = this;
    this.#imageID = imageID;
    this.#host.event(spec, 'Normal', 'Pulled', `Container image "${spec.image}" already present on machine`);
    this.logFile = logFile;
    const before = this.#restartCount - 1;
    this.previousLogFile = before < 0 ? undefined : this.#host.logFile(spec, before);
    const log = await ContainerLog.create({ file: logFile });
    this.log = log;
    let running: RunningContainer;
    try {
      this.#host.event(spec, 'Normal', 'Created', `Container created: ${spec.name}`);
      running = await this.#host.runtime.start({ ...launch, log });
    } catch (error) {
      await log.close();
      const message =
        error instanceof StartFailure ? error.message : `the container cannot be started: ${(error as Error).message}`;
      this.#host.event(spec, 'Warning', 'Failed', `Error: ${message}`);
      const now = new Date();
      return { exitCode: 128, reason: 'StartError', message, startedAt: now, finishedAt: now };
    }
    this.running = running;
    this.#containerID = `process://${running.id}`;
    this.#host.event(spec, 'Normal', 'Started', `Container started: ${spec.name}`);
    this.#setState({ running: { startedAt: seconds(running.startedAt) } });
    // Stopped while it was being started: nobody else knows of the process yet.
    if (this.#stop.signal.aborted) running.kill('SIGKILL');
    const probes = this.#watchOver(running);
    const exit = await running.exited;
    this.running = undefined;
    await probes;
    const message = await terminationMessage(spec, root, logFile, exit.exitCode);
    return message === undefined ? exit : { ...exit, message };
  }

  /** Hook after the start, then probes, until the run is over or is being ended. */
  async #watchOver(running: RunningContainer): Promise<void> {
    const { spec } = this;
    const signal = AbortSignal.any([this.#stop.signal, exitSignal(running)]);
    const podIP = this.#host.podIP();
    const hook = spec.lifecycle?.postStart;
    if (hook !== undefined) {
      const result = await attempt(hook, { container: spec, running, podIP, signal });
      if (signal.aborted) return;
      if (!result.ok) {
        this.#host.event(spec, 'Warning', 'FailedPostStartHook', hookFailure('PostStartHook', result));
        this.#host.event(spec, 'Normal', 'Killing', 'FailedPostStartHook');
        await this.#end(running, this.#graceSeconds);
        return;
      }
    }
    await runProbes({
      container: spec,
      running,
      podIP,
      signal,
      onStarted: () => {
        this.#started = true;
        this.#startedOnce.resolve();
        this.#host.changed();
      },
      onReady: (ready) => {
        if (ready === this.#ready || signal.aborted) return;
        this.#ready = ready;
        this.#host.changed();
      },
      onFailure: (probe, message) => {
        const name = `${probe.charAt(0).toUpperCase()}${probe.slice(1)}`;
        this.#host.event(spec, 'Warning', 'Unhealthy', `${name} probe failed: ${message}`);
      },
      onUnhealthy: (probe) => {
        const message = `Container ${spec.name} failed ${probe} probe, will be restarted`;
        this.#host.event(spec, 'Normal', 'Killing', message);
        const own = probe === 'startup' ? spec.startupProbe : spec.livenessProbe;
        void this.#end(running, own?.terminationGracePeriodSeconds ?? this.#graceSeconds);
      },
    });
  }

  #setState(state: ContainerState): void {
    this.#state = state;
    this.#host.changed();
  }
}

function terminated(exit: ContainerExit, containerID: string | undefined): NonNullable<ContainerState['terminated']> {
  return {
    exitCode: exit.exitCode,
    ...(exit.signal === undefined ? {} : { signal: exit.signal }),
    reason: exit.reason,
    ...(exit.message === undefined ? {} : { message: exit.message }),
    startedAt: seconds(exit.startedAt),
    finishedAt: seconds(exit.finishedAt),
    ...(containerID === undefined ? {} : { containerID }),
  };
}

/** How a run ended that nobody watched end. */
function endedBefore(state: ContainerState | undefined): NonNullable<ContainerState['terminated']> {
  return (
    state?.terminated ?? {
      exitCode: 137,
      reason: 'ContainerStatusUnknown',
      message: 'The container could not be located when the node was started again',
      ...(state?.running?.startedAt === undefined ? {} : { startedAt: state.running.startedAt }),
    }
  );
}

/** Fires when the run is over. */
function exitSignal(running: RunningContainer): AbortSignal {
  const controller = new AbortController();
  void running.exited.then(() => controller.abort());
  return controller.signal;
}

function hookFailure(hook: string, { message }: AttemptResult): string {
  return `${hook} failed${message === '' ? '' : `: ${message}`}`;
}

function seconds(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, 'Z');
}

function formatWait(milliseconds: number): string {
  const total = milliseconds / 1000;
  const minutes = Math.floor(total / 60);
  return minutes === 0 ? `${total}s` : `${minutes}m${total % 60}s`;
}
