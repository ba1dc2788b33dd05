/**
 * What a kind is to the API server. A kind is one file in this folder that exports a `ResourceDefinition`, and one row in
 * `table.ts`; the generic verbs do the rest.
 */
import type { KubeObject } from '../../api/object.ts';
import type { FieldError } from '../../api/status.ts';

/** A column of `kubectl get`, after `metav1.TableColumnDefinition`; priority 0 always shows, 1 with `-o wide`. */
export interface TableColumn<T extends KubeObject> {
  name: string;
  type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  format?: 'name';
  description: string;
  priority?: 0 | 1;
  value(object: T, now: Date): string | number | boolean | null;
}

/** Where the scale subresource finds its numbers, as JSON paths of field names. */
export interface ScaleMapping<T extends KubeObject> {
  /** The names of the fields down to the wanted number. */
  specReplicasPath: readonly string[];
  specReplicas(object: T): number;
  setSpecReplicas(object: T, replicas: number): void;
  statusReplicas(object: T): number;
  /** The serialised label selector of the pods that are counted. */
  selector(object: T): string;
}

/** Written as a method, so that a definition for one kind fits where definitions of any kind are kept. */
interface FieldReader<T extends KubeObject> {
  read(object: T): string;
}

/** Finalizers that a kind keeps outside metadata (namespaces in `spec.finalizers`), changed by its `finalize` subresource. */
export interface OwnFinalizers<T extends KubeObject> {
  /** While there are any, a deleted object stays. */
  read(object: T): readonly string[];
  write(object: T, finalizers: readonly string[]): void;
  /** What a delete changes besides metadata when the object stays: a namespace's phase. In place. */
  markDeleted(object: T): void;
}

/** A part of an object that a subresource of its own writes, and that writes of the object itself do not change. */
export interface ObjectPart<T extends KubeObject> {
  /** Puts the part as it was sent into the object, in place. */
  take(object: T, sent: T): void;
  /** Stands for the kind's `validateUpdate`. */
  validateUpdate(next: T, previous: T): FieldError[];
}

/** What a write is about, for hooks that need more than the object. */
export interface WriteContext {
  /** The cluster's clock. */
  now: Date;
  user: { name: string; groups: readonly string[] };
  /** True when nothing is to be kept: no address may be allocated for good. */
  dryRun: boolean;
}

export interface ResourceDefinition<T extends KubeObject = KubeObject> {
  group: string;
  version: string;
  kind: string;
  plural: string;
  singular: string;
  shortNames?: readonly string[];
  categories?: readonly string[];
  namespaced: boolean;
  /** Told as a warning with every answer: what to use instead. */
  deprecation?: string;
  /** Verbs that exist; default: create delete deletecollection get list patch update watch. */
  verbs?: readonly string[];
  /** Present: `status` is a subresource, main writes leave `.status` as it was and status writes change nothing but metadata else. */
  statusSubresource?: true;
  /** With `statusSubresource`: what of metadata status writes leave as it was. */
  statusKeeps?: readonly ('labels' | 'ownerReferences')[];
  /** With `statusSubresource`: a create keeps the status that it was sent with (nodes). */
  keepStatusOnCreate?: true;
  scale?: ScaleMapping<T>;
  ownFinalizers?: OwnFinalizers<T>;
  /** By the name of the subresource: `ephemeralcontainers`. */
  parts?: ReadonlyMap<string, ObjectPart<T>>;
  /** An update of what is not there creates it, as in Kubernetes. */
  createdByUpdate?: true;
  /** A delete answers with the object that it removed, not with a Status. */
  returnsDeletedObject?: true;
  /** metadata.generation counts changes of everything but metadata and status, and of this member of metadata where one is named. */
  generation?: true | 'labels' | 'annotations';
  /** Delete marks the object and waits (pods): seconds to wait where the client says nothing. */
  gracePeriodSeconds?(object: T): number;
  /** Default propagation of a delete where the client says nothing; 'Background' unless said. */
  defaultPropagation?: 'Orphan' | 'Background' | 'Foreground';
  /** Fills in Kubernetes' defaults, in place. Runs on every decoded object, create and update alike. */
  applyDefaults?(object: T): void;
  /** Clears what clients may not set and sets what the server sets, in place, before validation. */
  prepareForCreate?(object: T, context: WriteContext): void;
  prepareForUpdate?(next: T, previous: T, context: WriteContext): void;
  /** How metadata.name is checked; a DNS subdomain unless said. Returns complaints. */
  validateName?(name: string): string[];
  validate?(object: T): FieldError[];
  /** Besides `validate`, of an object that is created. */
  validateCreate?(object: T): FieldError[];
  validateUpdate?(next: T, previous: T): FieldError[];
  /** Selectable fields besides metadata.name and metadata.namespace: `status.phase`, `spec.nodeName`. */
  selectableFields?: Readonly<Record<string, FieldReader<T>['read']>>;
  /** Name and Age are given; these stand between them unless a kind lists its own `Name`. */
  columns?: readonly TableColumn<T>[];
}
