/** Claims to storage: those of the cluster, and the templates of pods and StatefulSets. */
import type { ObjectMeta } from '../../api/object.ts';
import type { PersistentVolumeClaim } from '../../api/types/core-v1.ts';
import { ageOf } from '../../apiserver/table/human-duration.ts';
import { Description } from './description.ts';
import { describeAnnotations, describeLabels } from './labels.ts';
import { accessModes, amountText, sliceText } from './values.ts';

type Claim = Pick<PersistentVolumeClaim, 'metadata' | 'spec' | 'status'>;

/** `whole`: a claim of the cluster, with its state. */
export function describeClaim(out: Description, claim: Claim, { whole }: { whole: boolean }): void {
  const { metadata, spec = {}, status = {} } = claim;
  if (whole) {
    out.field(0, 'Name', metadata.name);
    out.field(0, 'Namespace', metadata.namespace);
  }
  out.field(0, 'StorageClass', storageClassOf(metadata, spec.storageClassName));
  if (whole) out.field(0, 'Status', stateOf(metadata, status.phase));
  out.field(0, 'Volume', spec.volumeName);
  describeLabels(out, metadata.labels);
  describeAnnotations(out, metadata.annotations);
  if (whole) out.field(0, 'Finalizers', sliceText(metadata.finalizers));
  const bound = spec.volumeName !== undefined && spec.volumeName !== '';
  out.field(0, 'Capacity', bound ? amountText(status.capacity?.storage) : '');
  out.field(0, 'Access Modes', bound ? accessModes(status.accessModes) : '');
  out.optional(0, 'VolumeMode', spec.volumeMode);
  if (spec.dataSource === undefined) return;
  out.line(0, 'DataSource:');
  out.optional(1, 'APIGroup', spec.dataSource.apiGroup);
  out.field(1, 'Kind', spec.dataSource.kind);
  out.field(1, 'Name', spec.dataSource.name);
}

/** What a template of a claim says, within another description. */
export function describeClaimBody(out: Description, claim: Claim, level: number): void {
  describeClaim(new Indented(out, level), claim, { whole: false });
}

class Indented extends Description {
  readonly #out: Description;
  readonly #level: number;

  constructor(out: Description, level: number) {
    super();
    this.#out = out;
    this.#level = level;
  }

  override add(level: number, text: string): void {
    this.#out.add(level + this.#level, text);
  }

  /** Values are indented once more than their labels. */
  override list(label: string, values: readonly string[]): void {
    const deep = '  '.repeat(this.#level);
    this.line(0, `${label}:`, `${deep}${values[0] ?? '<none>'}`);
    for (const value of values.slice(1)) this.line(0, '', `${deep}${value}`);
  }
}

/** `spec.volumeClaimTemplates` of a StatefulSet. */
export function describeClaimTemplates(out: Description, templates: readonly PersistentVolumeClaim[] = []): void {
  if (templates.length === 0) {
    out.field(0, 'Volume Claims', '<none>');
    return;
  }
  out.line(0, 'Volume Claims:');
  for (const { metadata, spec = {} } of templates) {
    out.field(1, 'Name', metadata.name);
    out.field(1, 'StorageClass', storageClassOf(metadata, spec.storageClassName));
    describeLabels(out, metadata.labels, { indent: '  ' });
    describeLabels(out, metadata.annotations, { label: 'Annotations', indent: '  ' });
    const storage = spec.resources?.requests?.storage;
    out.field(1, 'Capacity', storage === undefined ? '<default>' : amountText(storage));
    out.field(1, 'Access Modes', sliceText(spec.accessModes));
  }
}

export function storageClassOf({ annotations }: ObjectMeta, name: string | undefined): string {
  return annotations?.['volume.beta.kubernetes.io/storage-class'] ?? name ?? '';
}

export function stateOf({ deletionTimestamp }: ObjectMeta, phase: string | undefined): string {
  return deletionTimestamp === undefined
    ? (phase ?? '')
    : `Terminating (lasts ${ageOf(deletionTimestamp, new Date())})`;
}
