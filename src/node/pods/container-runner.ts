/** One container of a pod through all its runs: start, probes, restarts with back-off, end. */
import { constants } from 'node:os';
import type { Container, ContainerState, ContainerStatus, Probe } from '../../api/types/core-v1.ts';
import { sleepUnlessAborted } from '../../lib/abortable-sleep.ts';
import { ContainerLog } from '../logs/container-log.ts';
import type { AttemptResult } from '../probes/attempt.ts';
import { attempt } from '../probes/attempt.ts';
import { runProbes } from '../probes/prober.ts';
import type { ContainerExit, RunningContainer } from '../runtime/runtime.ts';
import { StartFailure } from '../runtime/runtime.ts';
import { ConfigError } from './config-error.ts';
import type { ContainerHost, ContainerRole, PreparedLaunch } from './container-host.ts';
import { ImageMissing } from './container-host.ts';
import { endedBefore, formatWait, seconds, terminated } from './container-state.ts';
import { RestartBackoff } from './restart-backoff.ts';
import { terminationMessage } from './termination-message.ts';

/** Longer than any cluster of this sort lives: about 24 days, the longest time a timer takes. */
const FOREVER_MS = 2 ** 31 - 1;

export class ContainerRunner {
  readonly spec: Container;
  readonly role: ContainerRole;
  /** The log that is written now, or was last. */
  log: ContainerLog | undefined;
  running: RunningContainer | undefined;
  /** The last run ended and no other follows. */
  finished = false;
  readonly #host: ContainerHost;
  readonly #stop = new AbortController();
  readonly #backoff = new RestartBackoff();
  /** Grace for a container that is ended within a living pod. */
  readonly #graceSeconds: number;
  readonly #startedOnce = Promise.withResolvers<void>();
  #state: ContainerState;
  #lastState: ContainerState | undefined;
  /** Logs of the runs that `#state` and `#lastState` tell of. */
  #stateLog: string | undefined;
  #lastStateLog: string | undefined;
  #restartCount = 0;
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
    /** Why it does not run yet: `ContainerCreating`, or `PodInitializing` in a pod with init containers. */
    waitingReason: string;
    previous?: ContainerStatus;
  }) {
    this.#graceSeconds = options.graceSeconds;
    this.spec = options.spec;
    this.role = options.role;
    this.#host = options.host;
    const { previous } = options;
    const ended = previous?.state?.waiting === undefined ? previous?.state : previous.lastState;
    if (previous !== undefined && (ended?.running !== undefined || ended?.terminated !== undefined)) {
      this.#lastState = { terminated: endedBefore(ended) };
      this.#lastStateLog = this.#host.logFile(this.spec, previous.restartCount);
      this.#restartCount = previous.restartCount + 1;
    }
    this.#state = { waiting: { reason: options.waitingReason } };
  }

  /** Resolves when the container has started (startup probe passed) for the first time, or will never do so. */
  get started(): Promise<void> {
    return this.#startedOnce.promise;
  }

  /** Of the current run, or the last one while the container waits; undefined when there was none. */
  get logFile(): string | undefined {
    return this.#state.waiting === undefined ? this.#stateLog : this.#lastStateLog;
  }

  /** Of the run before. */
  get previousLogFile(): string | undefined {
    return this.#lastStateLog;
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
    this.#stateLog = this.#host.logFile(this.spec, this.#restartCount);
    this.#lastStateLog = this.#restartCount > 0 ? this.#host.logFile(this.spec, this.#restartCount - 1) : undefined;
    this.finished = true;
    this.#startedOnce.resolve();
  }

  status(): ContainerStatus {
    const running = this.#state.running !== undefined;
    // Nothing waits for it: it is neither probed nor ready.
    const isEphemeral = this.role === 'ephemeral';
    return {
      name: this.spec.name,
      image: this.spec.image ?? '',
      imageID: this.#imageID,
      ...(this.#containerID === undefined ? {} : { containerID: this.#containerID }),
      restartCount: this.#restartCount,
      ready: this.role === 'init' ? this.finished && this.exitCode === 0 : running && this.#ready && !isEphemeral,
      ...(isEphemeral ? {} : { started: running && this.#started }),
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
    running.kill(graceSeconds === 0 ? 'SIGKILL' : stopSignal(this.spec));
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
      this.#lastState = this.#state;
      this.#lastStateLog = this.#stateLog;
      if (wait > 0) {
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
      this.#restartCount += 1;
    }
  }

  #restarts(exitCode: number): boolean {
    if (this.role === 'ephemeral') return false;
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
    this.#stateLog = logFile;
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
    const probes = this.#watchOver(running, spec.startupProbe ?? prepared.startupProbe);
    const exit = await running.exited;
    this.running = undefined;
    await probes;
    const message = await terminationMessage(spec, { root, podDirectory: launch.directory }, logFile, exit.exitCode);
    return message === undefined ? exit : { ...exit, message };
  }

  /** Hook after the start, then probes, until the run is over or is being ended. */
  async #watchOver(running: RunningContainer, startupProbe: Probe | undefined): Promise<void> {
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
      startupProbe,
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
        const own = probe === 'startup' ? startupProbe : spec.livenessProbe;
        void this.#end(running, own?.terminationGracePeriodSeconds ?? this.#graceSeconds);
      },
    });
  }

  #setState(state: ContainerState): void {
    this.#state = state;
    this.#host.changed();
  }
}

/** Fires when the run is over. */
function exitSignal(running: RunningContainer): AbortSignal {
  const controller = new AbortController();
  void running.exited.then(() => controller.abort());
  return controller.signal;
}

/** The one of the spec, where this platform has it. */
function stopSignal({ lifecycle }: Container): NodeJS.Signals {
  const asked = lifecycle?.stopSignal;
  const known = Object.keys(constants.signals).find((name) => name === asked);
  return (known ?? 'SIGTERM') as NodeJS.Signals;
}

function hookFailure(hook: string, { message }: AttemptResult): string {
  return `${hook} failed${message === '' ? '' : `: ${message}`}`;
}
