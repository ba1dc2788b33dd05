/** What a container's runner asks of the pod around it. */
import type { Container, Probe } from '../../api/types/core-v1.ts';
import type { ContainerLaunch, Runtime } from '../runtime/runtime.ts';

export type ContainerRole = 'init' | 'sidecar' | 'main' | 'ephemeral';

/** What a launch needs besides the log, and what the status tells of it. */
export interface PreparedLaunch {
  launch: Omit<ContainerLaunch, 'log'>;
  imageID: string;
  logFile: string;
  /** The container's root, where a termination message may be. */
  root: string;
  /** How to tell that the image's program has started, where the spec has no startup probe. */
  startupProbe?: Probe;
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
