import type {
  NodeSelectorTerm,
  PersistentVolume,
  PersistentVolumeSpec,
  SecretReference,
} from '../../../api/types/core-v1.ts';
import type { Description } from '../description.ts';
import { describeAnnotations, describeLabels } from '../labels.ts';
import { stateOf, storageClassOf } from '../persistent-volume-claims.ts';
import { azureFileAbout, glusterfsAbout, scaleIOText, secretSourceText } from '../secret-volume-sources.ts';
import { sharedSourceText } from '../shared-volume-sources.ts';
import { accessModes, amountText, flagText, sliceText } from '../values.ts';
import type { VolumeText } from '../volume-text.ts';
import { describeSource, describeVolumeAttributes } from '../volumes.ts';

export function describePersistentVolume({ metadata, spec = {}, status }: PersistentVolume, out: Description): void {
  out.field(0, 'Name', metadata.name);
  describeLabels(out, metadata.labels);
  describeAnnotations(out, metadata.annotations);
  out.field(0, 'Finalizers', sliceText(metadata.finalizers));
  out.field(0, 'StorageClass', storageClassOf(metadata, spec.storageClassName));
  out.field(0, 'Status', stateOf(metadata, status?.phase));
  const { claimRef } = spec;
  out.field(0, 'Claim', claimRef === undefined ? '' : `${claimRef.namespace ?? ''}/${claimRef.name ?? ''}`);
  out.field(0, 'Reclaim Policy', spec.persistentVolumeReclaimPolicy);
  out.field(0, 'Access Modes', accessModes(spec.accessModes));
  out.optional(0, 'VolumeMode', spec.volumeMode);
  out.field(0, 'Capacity', amountText(spec.capacity?.storage));
  describeAffinity(out, spec.nodeAffinity?.required?.nodeSelectorTerms);
  out.field(0, 'Message', status?.message);
  out.line(0, 'Source:');
  describeSource(out, sharedSourceText(spec) ?? sourceText(spec));
  if (spec.csi !== undefined) describeVolumeAttributes(out, spec.csi.volumeAttributes);
}

function describeAffinity(out: Description, terms: readonly NodeSelectorTerm[] | undefined): void {
  if (terms === undefined) {
    out.field(0, 'Node Affinity', '<none>');
    return;
  }
  out.field(0, 'Node Affinity', '');
  out.field(1, 'Required Terms', terms.length === 0 ? '<none>' : '');
  terms.forEach(({ matchExpressions = [] }, index) => {
    const texts = matchExpressions.map(({ key, operator, values = [] }) => {
      const text = `${key} ${operator.toLowerCase()}`;
      return values.length === 0 ? text : `${text} [${values.join(', ')}]`;
    });
    out.field(2, `Term ${index}`, texts[0] ?? '<none>');
    for (const text of texts.slice(1)) out.line(2, '', text);
  });
}

/** Sources of which pods name the secret otherwise, and those that pods have not. */
function sourceText(spec: PersistentVolumeSpec): VolumeText | undefined {
  const { local, csi, glusterfs, scaleIO, azureFile } = spec;
  if (local !== undefined) {
    return ['LocalVolume (a persistent volume backed by local storage on a node)', ['Path', local.path]];
  }
  if (csi !== undefined) {
    return [
      'CSI (a Container Storage Interface (CSI) volume source)',
      ['Driver', csi.driver],
      ['FSType', csi.fsType],
      ['VolumeHandle', csi.volumeHandle],
      ['ReadOnly', flagText(csi.readOnly)],
    ];
  }
  if (glusterfs !== undefined) {
    return [
      glusterfsAbout,
      ['EndpointsName', glusterfs.endpoints],
      ['EndpointsNamespace', glusterfs.endpointsNamespace ?? '<unset>'],
      ['Path', glusterfs.path],
      ['ReadOnly', flagText(glusterfs.readOnly)],
    ];
  }
  if (scaleIO !== undefined) {
    const { name = '', namespace = '' } = scaleIO.secretRef;
    return scaleIOText(scaleIO, [
      ['SecretName', name],
      ['SecretNamespace', namespace],
    ]);
  }
  if (azureFile !== undefined) {
    return [
      azureFileAbout,
      ['SecretName', azureFile.secretName],
      ['SecretNamespace', azureFile.secretNamespace],
      ['ShareName', azureFile.shareName],
      ['ReadOnly', flagText(azureFile.readOnly)],
    ];
  }
  return secretSourceText(spec, secretText);
}

function secretText(reference: SecretReference | undefined): string {
  if (reference === undefined) return 'nil';
  return `&SecretReference{Name:${reference.name ?? ''},Namespace:${reference.namespace ?? ''},}`;
}
