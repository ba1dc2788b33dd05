/** One pass over one Deployment, after `pkg/controller/deployment/{sync,rolling,recreate}.go`. */
import { labelSelectorOf } from '../../api/selectors/label-selector.ts';
import { isReason } from '../../api/status.ts';
import type { Deployment, DeploymentStatus, ReplicaSet } from '../../api/types/apps-v1.ts';
import type { ResourceClient } from '../../client/cluster-client.ts';
import type { EventRecorder } from '../../client/record-events.ts';
import { sameJson } from '../../lib/canonical-json.ts';
import { isNotFound } from '../controller.ts';
import { controllerOf, controllerReference } from '../owner.ts';
import {
  desiredReplicas,
  newestSetAnnotations,
  revisionAnnotation,
  revisionOf,
  sizeAnnotations,
} from './annotations.ts';
import {
  conditionOf,
  countedStatus,
  hasProgressDeadline,
  isComplete,
  rolloutStatus,
  sameStatus,
  withCondition,
} from './conditions.ts';
import {
  active,
  isRollingUpdate,
  isSaturated,
  newSetSize,
  oldestFirst,
  proportionalSizes,
  replicasOf,
  rollingLimits,
  shrinkOldSets,
} from './rollout-arithmetic.ts';
import { hashLabel, sameTemplate, templateHash } from './template-hash.ts';

export interface DeploymentTools {
  deployments: ResourceClient<Deployment>;
  sets: ResourceClient<ReplicaSet>;
  events: EventRecorder;
  signal: AbortSignal;
  /** Pods of these sets that have not ended yet, terminating ones too. */
  hasRunningPods(sets: readonly ReplicaSet[]): boolean;
}

const maxInt32 = 2 ** 31 - 1;

export class DeploymentSync {
  #deployment: Deployment;
  #newest: ReplicaSet | undefined;
  #old: ReplicaSet[];
  readonly #tools: DeploymentTools;

  /** `sets`: all that the Deployment controls. */
  constructor(deployment: Deployment, sets: readonly ReplicaSet[], tools: DeploymentTools) {
    this.#deployment = deployment;
    this.#tools = tools;
    this.#newest = oldestFirst(sets).find((set) => sameTemplate(set.spec?.template, deployment.spec?.template));
    this.#old = sets.filter((set) => set !== this.#newest);
  }

  /** Returns the status that holds now. */
  async run(): Promise<DeploymentStatus> {
    const { metadata, spec } = this.#deployment;
    if (labelSelectorOf(spec?.selector)?.length === 0) return this.#selectsEverything();
    if (metadata.deletionTimestamp !== undefined) return this.#writeStatus(this.#counted());
    await this.#notePause();
    if (spec?.paused === true || this.#wasScaled()) {
      await this.#adoptNewest();
      await this.#scale();
      if (spec?.paused === true) await this.#cleanUp();
      return this.#writeStatus(this.#counted());
    }
    if (isRollingUpdate(this.#deployment)) await this.#roll();
    else await this.#recreate();
    return this.#writeStatus(rolloutStatus(this.#deployment, this.#newest, this.#old));
  }

  async #selectsEverything(): Promise<DeploymentStatus> {
    const message = 'This deployment is selecting all pods. A non-empty selector is required.';
    this.#tools.events.record({ about: this.#deployment, type: 'Warning', reason: 'SelectingAll', message });
    const observedGeneration = this.#deployment.metadata.generation ?? 0;
    return this.#writeStatus({ ...this.#deployment.status, observedGeneration });
  }

  async #roll(): Promise<void> {
    const newest = await this.#ensureNewest();
    const all = [...this.#old, newest];
    const wanted = replicasOf(this.#deployment);
    const current = replicasOf(newest);
    const size = current > wanted ? wanted : current === wanted ? wanted : newSetSize(this.#deployment, all, current);
    if (size !== current) {
      this.#newest = await this.#resize(newest, size);
      return;
    }
    const sizes = shrinkOldSets(this.#deployment, newest, this.#old);
    if (sizes.size > 0) await this.#resizeOld(sizes);
    else if (isComplete(this.#deployment, this.#deployment.status)) await this.#cleanUp();
  }

  async #recreate(): Promise<void> {
    await this.#adoptNewest();
    const shrinking = active(this.#old);
    if (shrinking.length > 0) {
      await this.#resizeOld(new Map(shrinking.map((set) => [set.metadata.name ?? '', 0])));
      return;
    }
    if (this.#tools.hasRunningPods(this.#old)) return;
    const newest = await this.#ensureNewest();
    this.#newest = await this.#resize(newest, replicasOf(this.#deployment));
    if (isComplete(this.#deployment, this.#deployment.status)) await this.#cleanUp();
  }

  /** The Deployment's size changed since its sets were scaled last. */
  #wasScaled(): boolean {
    const wanted = replicasOf(this.#deployment);
    return active(this.#sets()).some((set) => (desiredReplicas(set) ?? wanted) !== wanted);
  }

  async #scale(): Promise<void> {
    const wanted = replicasOf(this.#deployment);
    const activeSets = active(this.#sets());
    if (activeSets.length <= 1) {
      const only = activeSets[0] ?? this.#newest ?? oldestFirst(this.#old).at(-1);
      if (only !== undefined) await this.#resizeAny(only, wanted);
      return;
    }
    if (isSaturated(this.#deployment, this.#newest)) {
      await this.#resizeOld(new Map(active(this.#old).map((set) => [set.metadata.name ?? '', 0])));
    } else if (isRollingUpdate(this.#deployment)) {
      const sizes = proportionalSizes(this.#deployment, activeSets);
      for (const set of activeSets) await this.#resizeAny(set, sizes.get(set.metadata.name ?? '') ?? 0);
    }
  }

  #sets(): ReplicaSet[] {
    return this.#newest === undefined ? this.#old : [...this.#old, this.#newest];
  }

  async #resizeAny(set: ReplicaSet, size: number): Promise<void> {
    const resized = await this.#resize(set, size);
    if (set === this.#newest) this.#newest = resized;
    else this.#old = this.#old.map((each) => (each === set ? resized : each));
  }

  async #resizeOld(sizes: ReadonlyMap<string, number>): Promise<void> {
    for (const set of oldestFirst(this.#old)) {
      const size = sizes.get(set.metadata.name ?? '');
      if (size !== undefined) await this.#resizeAny(set, size);
    }
  }

  async #resize(set: ReplicaSet, size: number): Promise<ReplicaSet> {
    const annotations = {
      ...set.metadata.annotations,
      ...sizeAnnotations(replicasOf(this.#deployment), rollingLimits(this.#deployment).maxSurge),
    };
    const before = replicasOf(set);
    if (before === size && sameJson(annotations, set.metadata.annotations)) return set;
    if (set.spec === undefined) return set;
    const next = { ...set, metadata: { ...set.metadata, annotations }, spec: { ...set.spec, replicas: size } };
    const resized = await this.#tools.sets.update(next, { signal: this.#tools.signal });
    if (before !== size) this.#tellScaled(before < size ? 'up' : 'down', set, before, size);
    return resized;
  }

  #tellScaled(direction: 'up' | 'down', set: ReplicaSet, from: number, to: number): void {
    const message = `Scaled ${direction} replica set ${set.metadata.name} from ${from} to ${to}`;
    this.#tools.events.record({ about: this.#deployment, type: 'Normal', reason: 'ScalingReplicaSet', message });
  }

  /** Keeps revision and annotations of the newest set true, where there is one. */
  async #adoptNewest(): Promise<void> {
    const set = this.#newest;
    if (set?.spec === undefined) return;
    const revision = Math.max(0, ...this.#old.map(revisionOf)) + 1;
    const annotations = newestSetAnnotations(this.#deployment, set.metadata.annotations ?? {}, revision);
    const minReadySeconds = this.#deployment.spec?.minReadySeconds ?? 0;
    if (!sameJson(annotations, set.metadata.annotations) || (set.spec.minReadySeconds ?? 0) !== minReadySeconds) {
      const next = { ...set, metadata: { ...set.metadata, annotations }, spec: { ...set.spec, minReadySeconds } };
      this.#newest = await this.#tools.sets.update(next, { signal: this.#tools.signal });
    }
    await this.#noteRevision(annotations[revisionAnnotation] ?? String(revision));
    if (hasProgressDeadline(this.#deployment) && conditionOf(this.#deployment.status, 'Progressing') === undefined) {
      this.#progressing('True', 'FoundNewReplicaSet', `Found new replica set "${set.metadata.name}"`);
    }
  }

  async #ensureNewest(): Promise<ReplicaSet> {
    await this.#adoptNewest();
    this.#newest ??= await this.#createNewest();
    return this.#newest;
  }

  async #createNewest(): Promise<ReplicaSet> {
    const { metadata, spec, status } = this.#deployment;
    const template = spec?.template ?? {};
    const hash = templateHash(template, status?.collisionCount ?? 0);
    const labels = { ...template.metadata?.labels, [hashLabel]: hash };
    const revision = Math.max(0, ...this.#old.map(revisionOf)) + 1;
    const size = newSetSize(this.#deployment, this.#old, 0);
    const set: ReplicaSet = {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: `${metadata.name?.slice(0, 252 - hash.length)}-${hash}`,
        namespace: metadata.namespace ?? '',
        labels,
        annotations: {
          ...newestSetAnnotations(this.#deployment, {}, revision),
          ...sizeAnnotations(replicasOf(this.#deployment), rollingLimits(this.#deployment).maxSurge),
        },
        ownerReferences: [controllerReference(this.#deployment)],
      },
      spec: {
        replicas: size,
        minReadySeconds: spec?.minReadySeconds ?? 0,
        selector: { ...spec?.selector, matchLabels: { ...spec?.selector.matchLabels, [hashLabel]: hash } },
        template: { ...template, metadata: { ...template.metadata, labels } },
      },
    };
    let created: ReplicaSet;
    try {
      created = await this.#tools.sets.create(set, { signal: this.#tools.signal });
    } catch (error) {
      if (isReason(error, 'AlreadyExists')) return this.#existing(set, error);
      await this.#tellFailedCreate(set, error);
      throw error;
    }
    if (size > 0) this.#tellScaled('up', created, 0, size);
    await this.#noteRevision(String(revision));
    if (hasProgressDeadline(this.#deployment)) {
      this.#progressing('True', 'NewReplicaSetCreated', `Created new replica set "${created.metadata.name}"`);
    }
    return created;
  }

  /** The cache was behind, or another template has the same hash: then the next try takes another one. */
  async #existing(set: ReplicaSet, error: unknown): Promise<ReplicaSet> {
    const { name = '', namespace = '' } = set.metadata;
    const found = await this.#tools.sets.get(name, { namespace, signal: this.#tools.signal });
    const ours = controllerOf(found)?.uid === this.#deployment.metadata.uid;
    if (ours && sameTemplate(found.spec?.template, set.spec?.template)) return found;
    const collisionCount = (this.#deployment.status?.collisionCount ?? 0) + 1;
    await this.#writeStatus({ ...this.#deployment.status, collisionCount });
    throw error;
  }

  async #tellFailedCreate(set: ReplicaSet, error: unknown): Promise<void> {
    if (this.#tools.signal.aborted) return;
    const message = `Failed to create new replica set "${set.metadata.name}": ${error instanceof Error ? error.message : error}`;
    this.#tools.events.record({ about: this.#deployment, type: 'Warning', reason: 'ReplicaSetCreateError', message });
    if (!hasProgressDeadline(this.#deployment)) return;
    const draft = { type: 'Progressing', status: 'False', reason: 'ReplicaSetCreateError', message };
    await this.#writeStatus(withCondition(this.#deployment.status ?? {}, draft)).catch(() => undefined);
  }

  async #notePause(): Promise<void> {
    if (!hasProgressDeadline(this.#deployment)) return;
    const condition = conditionOf(this.#deployment.status, 'Progressing');
    if (condition?.reason === 'ProgressDeadlineExceeded') return;
    const paused = this.#deployment.spec?.paused === true;
    if (paused === (condition?.reason === 'DeploymentPaused')) return;
    if (paused) this.#progressing('Unknown', 'DeploymentPaused', 'Deployment is paused');
    else this.#progressing('Unknown', 'DeploymentResumed', 'Deployment is resumed');
  }

  /** Into the status that is written at the end of the pass. */
  #progressing(status: string, reason: string, message: string): void {
    const draft = { type: 'Progressing', status, reason, message };
    this.#pending = withCondition(this.#deployment.status ?? {}, draft);
    this.#deployment = { ...this.#deployment, status: this.#pending };
  }
  #pending: DeploymentStatus | undefined;

  async #noteRevision(revision: string): Promise<void> {
    const { metadata } = this.#deployment;
    if (metadata.annotations?.[revisionAnnotation] === revision) return;
    const { name = '', namespace = '' } = metadata;
    // With the status, as upstream does: written otherwise it would count as a generation, a change that somebody wants.
    const patched = await this.#tools.deployments.patch(
      name,
      { metadata: { uid: metadata.uid, annotations: { [revisionAnnotation]: revision } } },
      { type: 'application/merge-patch+json', namespace, subresource: 'status', signal: this.#tools.signal },
    );
    // The spec this pass works on stays the one it began with; the write of the status then finds out if it changed.
    if (patched.metadata.generation === metadata.generation) {
      this.#deployment = { ...this.#deployment, metadata: patched.metadata };
    }
  }

  #counted(): DeploymentStatus {
    return countedStatus(this.#deployment, this.#newest, this.#old);
  }

  async #writeStatus(status: DeploymentStatus): Promise<DeploymentStatus> {
    if (this.#pending === undefined && sameStatus(this.#deployment.status, status)) return status;
    this.#pending = undefined;
    this.#deployment = await this.#tools.deployments.updateStatus(
      { ...this.#deployment, status },
      { signal: this.#tools.signal },
    );
    return status;
  }

  /** Forgets the oldest revisions beyond the limit; only sets without pods. */
  async #cleanUp(): Promise<void> {
    const limit = this.#deployment.spec?.revisionHistoryLimit ?? 10;
    if (limit === maxInt32) return;
    const kept = this.#old.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    const surplus = kept.sort((a, b) => revisionOf(a) - revisionOf(b)).slice(0, Math.max(0, kept.length - limit));
    for (const set of surplus) {
      const { name = '', namespace = '', generation = 0 } = set.metadata;
      if ((set.status?.replicas ?? 0) !== 0 || replicasOf(set) !== 0) continue;
      if (generation > (set.status?.observedGeneration ?? 0)) continue;
      await this.#tools.sets.delete(name, { namespace, signal: this.#tools.signal }).catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
    }
  }
}
