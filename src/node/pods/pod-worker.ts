/** One pod on this node, from its arrival to its removal from the API. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Container, ObjectReference, Pod, PodStatus } from '../../api/types/core-v1.ts';
import type { ClusterClient } from '../../client/cluster-client.ts';
import type { EventRecorder } from '../../client/record-events.ts';
import { sleepUnlessAborted } from '../../lib/abortable-sleep.ts';
import type { ImageTable } from '../images/image-table.ts';
import type { PodAddressPool } from '../network/address-pool.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { PodVolumes } from '../volumes/pod-volumes.ts';
import { openTokenCache } from '../volumes/token-cache.ts';
import { openClusterObjects } from './cluster-objects.ts';
import type { ContainerHost } from './container-host.ts';
import type { ContainerRunner } from './container-runner.ts';
import { deletePod } from './delete-pod.ts';
import { logFileOf, prepareLaunch } from './launch.ts';
import { isOver, makeRunner, makeRunners } from './make-runners.ts';
import type { PodEnd } from './pod-status.ts';
import { podStatus } from './pod-status.ts';
import { rememberObjects } from './remember-objects.ts';
import type { NodeResources } from './resource-fields.ts';
import { StatusWriter } from './status-writer.ts';
import { podLimits } from './unsupported.ts';

/** What all pods of a node share. */
export interface PodSurroundings {
  client: ClusterClient;
  runtime: Runtime;
  images: ImageTable;
  addresses: PodAddressPool;
  events: EventRecorder;
  hostIP: string;
  apiServerUrl: string;
  nodeResources: NodeResources;
  /** Below it only root may listen. */
  firstOrdinaryPort: number;
  /** Holds a directory per pod, by UID. */
  podsDirectory: string;
}

const VOLUME_REFRESH_MS = 60_000;

/** As the kubelet's graceful shutdown of a node has it. */
const nodeShutdown: PodEnd = {
  reason: 'Terminated',
  message: 'Pod was terminated in response to imminent node shutdown.',
  disruption: 'TerminationByKubelet',
};

export class PodWorker {
  pod: Pod;
  readonly #around: PodSurroundings;
  readonly #directory: string;
  readonly #host: ContainerHost;
  readonly #containers: ContainerRunner[];
  readonly #volumes: PodVolumes;
  readonly #status: StatusWriter;
  /** Fires when the pod is to go from this node: deleted, or the node stops. */
  readonly #ending = new AbortController();
  /** Fires when the node stops: nothing is written any more. */
  readonly #nodeSignal: AbortSignal;
  /** Fires when the containers are to end for good: no other is started, and nothing is read for them any more. */
  readonly #stopping = new AbortController();
  readonly #startTime: string;
  #podIP: string | undefined;
  #sandboxReady = false;
  #initialized = false;
  #ended: PodEnd | undefined;
  #isGone = false;
  /** The node leaves the cluster, where the pod stays: whether it was over by itself before. */
  #left: { wasOver: boolean } | undefined;
  /** It had ended for good before this node was started: its status stays as it is. */
  readonly #wasOver: boolean;

  constructor(pod: Pod, around: PodSurroundings, signal: AbortSignal) {
    this.pod = pod;
    this.#around = around;
    this.#nodeSignal = signal;
    this.#wasOver = isOver(pod);
    this.#directory = join(around.podsDirectory, pod.metadata.uid ?? '');
    this.#startTime = pod.status?.startTime ?? new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    this.#status = new StatusWriter({
      client: around.client,
      pod: () => this.pod,
      status: () => this.status(),
      signal,
    });
    const { hostIP, apiServerUrl, nodeResources } = around;
    const objects = rememberObjects(openClusterObjects(around.client, this.#stopping.signal));
    const worker = this;
    const facts = {
      objects,
      apiServerUrl,
      nodeResources,
      get addresses() {
        return { podIP: worker.#podIP ?? '', hostIP };
      },
      token: openTokenCache(objects),
    };
    this.#volumes = new PodVolumes({ pod: () => this.pod, podDirectory: this.#directory, facts });
    this.#host = {
      runtime: around.runtime,
      podName: `${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`,
      podIP: () => this.#podIP ?? '',
      prepare: (container, attemptNumber) =>
        prepareLaunch({
          pod: this.pod,
          container,
          attemptNumber,
          podDirectory: this.#directory,
          images: around.images,
          volumes: this.#volumes,
          facts,
        }),
      logFile: (container, attemptNumber) => logFileOf(this.#directory, container, attemptNumber),
      restartPolicy: () => this.pod.spec?.restartPolicy ?? 'Always',
      event: (container, type, reason, message) =>
        around.events.record({ about: this.#reference(container), type, reason, message }),
      changed: () => this.#changed(),
    };
    this.#containers = makeRunners(pod, this.#host);
  }

  /** Runs the pod. Resolves when nothing of it is left on this node. Never rejects. */
  async run(): Promise<void> {
    try {
      if (!this.#wasOver) await this.#live();
    } catch (error) {
      this.#event('Warning', 'FailedSync', `error running the pod: ${(error as Error).message}`);
    }
    await this.#untilEnding();
    await this.#terminate();
    if (this.#nodeSignal.aborted) return;
    if (this.#left === undefined || this.#isGone || this.pod.metadata.deletionTimestamp !== undefined)
      await this.#remove();
    else await this.#leaveBehind(this.#left);
  }

  /** A newer form of the same pod. */
  update(pod: Pod): void {
    this.pod = pod;
    this.#heedPhase(pod);
    if (pod.metadata.deletionTimestamp !== undefined) void this.end(pod.metadata.deletionGracePeriodSeconds ?? 30);
    else {
      this.#takeEphemeral();
      if ((pod.spec?.readinessGates ?? []).length > 0) this.#changed();
      if (!this.#nodeSignal.aborted) this.#status.seen(pod);
    }
  }

  /** Somebody else may declare that the pod is over: as with a kubelet its containers then end, and it stays what it was declared. */
  #heedPhase({ status = {} }: Pod): void {
    if (this.#wasOver || !isOver(this.pod) || this.#isOver()) return;
    const { phase, reason = '', message = '' } = status;
    this.#ended = { reason, message, ...(phase === undefined ? {} : { phase }) };
    void this.#stopContainers(this.#graceSeconds());
  }

  /** The pod is no longer in the API: it ends at once. */
  forget(): void {
    this.#isGone = true;
    void this.end(0);
  }

  /** Ends the pod's containers within the time; asked again, only sooner. */
  async end(graceSeconds: number): Promise<void> {
    this.#ending.abort();
    await this.#stopContainers(graceSeconds);
  }

  /** The node leaves a cluster that lives on: ends the pod's containers within the time, or its own if that is shorter; `run` then writes how it ended. */
  async leave(graceSeconds: number): Promise<void> {
    this.#left ??= { wasOver: this.#isOver() };
    await this.end(Math.min(graceSeconds, this.#graceSeconds()));
  }

  container(name: string): ContainerRunner | undefined {
    return this.#containers.find(({ spec }) => spec.name === name);
  }

  get podIP(): string | undefined {
    return this.#podIP;
  }

  status(): PodStatus {
    const status = this.#statusFor(this.#ended);
    // A program that ends since it was asked to has not completed, whatever its exit code.
    const isCut = this.#ended === undefined && this.#left?.wasOver === false;
    return isCut && isOver({ ...this.pod, status }) ? this.#statusFor(nodeShutdown) : status;
  }

  #statusFor(ended: PodEnd | undefined): PodStatus {
    return podStatus({
      pod: this.pod,
      containers: this.#containers.map((runner) => ({ role: runner.role, status: runner.status() })),
      sandboxReady: this.#sandboxReady,
      initialized: this.#initialized,
      podIP: this.#podIP,
      hostIP: this.#around.hostIP,
      startTime: this.#startTime,
      ...(ended === undefined ? {} : { ended }),
      now: new Date(),
    });
  }

  #isOver(): boolean {
    return isOver({ ...this.pod, status: this.status() });
  }

  async #live(): Promise<void> {
    const { signal } = this.#ending;
    if (this.pod.metadata.deletionTimestamp !== undefined) {
      this.#ending.abort();
      return;
    }
    const uid = this.pod.metadata.uid ?? '';
    // What an earlier run of the node reported is no longer true.
    if (this.pod.status?.containerStatuses !== undefined) this.#changed();
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    this.#podIP = this.#around.addresses.allocate(uid);
    const deadline = this.#watchDeadline();
    try {
      if (!(await this.#makeVolumes())) return;
      this.#sandboxReady = true;
      this.#tellLimits(this.pod);
      this.#takeEphemeral();
      this.#changed();
      if (!(await this.#initialize())) return;
      this.#initialized = true;
      this.#changed();
      const refreshing = this.#refreshVolumes();
      await Promise.all(this.#containers.filter(({ role }) => role === 'main').map((runner) => runner.run()));
      // All have ended for good: the pod is complete, and what only accompanied it ends too.
      if (!signal.aborted) await this.#stopContainers(this.#graceSeconds());
      this.#sandboxReady = false;
      this.#changed();
      await refreshing;
    } finally {
      deadline?.();
    }
  }

  /** False when the pod ended meanwhile. */
  async #makeVolumes(): Promise<boolean> {
    const { signal } = this.#stopping;
    for (let wait = 500; ; wait = Math.min(wait * 2, 10_000)) {
      try {
        await this.#volumes.materialise();
        return !signal.aborted;
      } catch (error) {
        if (signal.aborted) return false;
        this.#event('Warning', 'FailedMount', `MountVolume.SetUp failed: ${(error as Error).message}`);
        this.#changed();
      }
      await sleepUnlessAborted(wait, signal);
      if (signal.aborted) return false;
    }
  }

  async #refreshVolumes(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await sleepUnlessAborted(VOLUME_REFRESH_MS, signal);
      if (signal.aborted) return;
      await this.#volumes
        .materialise()
        .catch((error: Error) => this.#event('Warning', 'FailedMount', `MountVolume.SetUp failed: ${error.message}`));
    }
  }

  /** One after the other; false when the pod ended or failed meanwhile. */
  async #initialize(): Promise<boolean> {
    if (this.#containers.every(({ role, finished }) => role !== 'main' || finished)) return true;
    for (const runner of this.#containers) {
      if (runner.role === 'main' || runner.role === 'ephemeral') continue;
      if (runner.role === 'sidecar') {
        void runner.run();
        await runner.started;
      } else {
        await runner.run();
        if (runner.exitCode !== 0) {
          if (!this.#ending.signal.aborted) {
            await this.#stopContainers(this.#graceSeconds());
            this.#changed();
          }
          return false;
        }
      }
      if (this.#stopping.signal.aborted) return false;
      this.#changed();
    }
    return true;
  }

  /** Containers that somebody adds to look into the pod: each runs once, beside whatever the others do. */
  #takeEphemeral(): void {
    if (this.#wasOver || this.#stopping.signal.aborted) return;
    for (const spec of this.pod.spec?.ephemeralContainers ?? []) {
      if (this.container(spec.name) !== undefined) continue;
      this.#containers.push(makeRunner({ pod: this.pod, spec, role: 'ephemeral', host: this.#host }));
      // What the pod itself does not get is told already.
      this.#tellLimits({ ...this.pod, spec: { containers: [spec] } });
      this.#changed();
    }
    if (!this.#sandboxReady) return;
    for (const runner of this.#containers) if (runner.role === 'ephemeral') void runner.run();
  }

  #watchDeadline(): (() => void) | undefined {
    const limit = this.pod.spec?.activeDeadlineSeconds;
    if (limit === undefined) return undefined;
    const left = Date.parse(this.#startTime) + limit * 1000 - Date.now();
    const timer = setTimeout(
      () => {
        // It ends for another reason, which is told.
        if (this.#stopping.signal.aborted) return;
        const message = 'Pod was active on the node longer than the specified deadline';
        this.#ended = { reason: 'DeadlineExceeded', message };
        this.#event('Normal', 'DeadlineExceeded', message);
        void this.#stopContainers(this.#graceSeconds()).then(() => this.#changed());
      },
      Math.min(Math.max(left, 0), 2 ** 31 - 1),
    );
    return () => clearTimeout(timer);
  }

  async #untilEnding(): Promise<void> {
    const { signal } = this.#ending;
    if (signal.aborted || this.#nodeSignal.aborted) return;
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve());
      this.#nodeSignal.addEventListener('abort', () => resolve());
    });
  }

  async #stopContainers(graceSeconds: number): Promise<void> {
    this.#stopping.abort();
    const main = this.#containers.filter(({ role }) => role !== 'sidecar');
    await Promise.all(main.map((runner) => runner.stop(graceSeconds)));
    // Those that others may lean on come last, in reverse order.
    for (const runner of this.#containers.filter(({ role }) => role === 'sidecar').reverse()) {
      await runner.stop(graceSeconds);
    }
  }

  /** Waits for the containers' end and removes what is left of them. */
  async #terminate(): Promise<void> {
    await this.#stopContainers(this.pod.metadata.deletionGracePeriodSeconds ?? this.#graceSeconds());
    await this.#around.runtime.endPod(this.#directory);
    this.#sandboxReady = false;
    this.#around.addresses.release(this.pod.metadata.uid ?? '');
  }

  async #leaveBehind({ wasOver }: { wasOver: boolean }): Promise<void> {
    if (!wasOver) this.#ended ??= nodeShutdown;
    this.#changed();
    await this.#status.settle();
  }

  /** The last status, then the object itself. */
  async #remove(): Promise<void> {
    if (!this.#isGone) {
      this.#changed();
      await this.#status.settle();
      const given = { isGone: () => this.#isGone, signal: this.#nodeSignal };
      await deletePod(this.#around.client, this.pod, given);
    }
    await rm(this.#directory, { recursive: true, force: true });
  }

  #tellLimits(pod: Pod): void {
    for (const { reason, message } of podLimits(pod, this.#around.firstOrdinaryPort)) {
      this.#event('Warning', reason, message);
    }
  }

  #graceSeconds(): number {
    return this.pod.spec?.terminationGracePeriodSeconds ?? 30;
  }

  #changed(): void {
    if (!this.#isGone && !this.#wasOver && !this.#nodeSignal.aborted) this.#status.touch();
  }

  #event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#around.events.record({ about: this.#reference(), type, reason, message });
  }

  #reference(container?: Container): ObjectReference {
    const { name = '', namespace = '', uid = '', resourceVersion = '' } = this.pod.metadata;
    const reference: ObjectReference = { apiVersion: 'v1', kind: 'Pod', name, namespace, uid, resourceVersion };
    if (container === undefined) return reference;
    const role = this.container(container.name)?.role;
    const list = role === 'main' ? 'containers' : role === 'ephemeral' ? 'ephemeralContainers' : 'initContainers';
    return { ...reference, fieldPath: `spec.${list}{${container.name}}` };
  }
}
