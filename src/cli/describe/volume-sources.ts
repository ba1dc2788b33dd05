/** Where the content of a pod's volume comes from: its kind in words, and its settings. */
import { parseQuantity } from '../../api/quantity/quantity.ts';
import type { Volume } from '../../api/types/core-v1.ts';
import { azureFileAbout, glusterfsAbout, scaleIOText, secretSourceText } from './secret-volume-sources.ts';
import { sharedSourceText } from './shared-volume-sources.ts';
import { flagText } from './values.ts';
import type { VolumeText } from './volume-text.ts';

/** Undefined for a kind of volume that is not known. */
export function volumeSourceText(volume: Volume): VolumeText | undefined {
  return sharedSourceText(volume) ?? clusterSourceText(volume) ?? networkSourceText(volume);
}

/** The secret that goes with a volume, as Go prints a reference to it. */
function secretText(reference: { name?: string } | undefined): string {
  return reference === undefined ? 'nil' : `&LocalObjectReference{Name:${reference.name ?? ''},}`;
}

/** What the cluster itself provides. */
function clusterSourceText(volume: Volume): VolumeText | undefined {
  const { emptyDir, secret, configMap, persistentVolumeClaim: claim, image, gitRepo, csi } = volume;
  if (emptyDir !== undefined) {
    const limit = parseQuantity(emptyDir.sizeLimit ?? '0');
    return [
      "EmptyDir (a temporary directory that shares a pod's lifetime)",
      ['Medium', emptyDir.medium],
      ['SizeLimit', limit !== undefined && limit.sign() > 0 ? limit : '<unset>'],
    ];
  }
  if (secret !== undefined) {
    return [
      'Secret (a volume populated by a Secret)',
      ['SecretName', secret.secretName],
      ['Optional', flagText(secret.optional)],
    ];
  }
  if (configMap !== undefined) {
    return [
      'ConfigMap (a volume populated by a ConfigMap)',
      ['Name', configMap.name],
      ['Optional', flagText(configMap.optional)],
    ];
  }
  if (claim !== undefined) {
    return [
      'PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)',
      ['ClaimName', claim.claimName],
      ['ReadOnly', flagText(claim.readOnly)],
    ];
  }
  if (image !== undefined) {
    return [
      'Image (a container image or OCI artifact)',
      ['Reference', image.reference],
      ['PullPolicy', image.pullPolicy],
    ];
  }
  if (gitRepo !== undefined) {
    return [
      'GitRepo (a volume that is pulled from git when the pod is created)',
      ['Repository', gitRepo.repository],
      ['Revision', gitRepo.revision],
    ];
  }
  if (csi !== undefined) {
    return [
      'CSI (a Container Storage Interface (CSI) volume source)',
      ['Driver', csi.driver],
      ['FSType', csi.fsType],
      ['ReadOnly', flagText(csi.readOnly)],
    ];
  }
  return undefined;
}

/** Sources whose secrets a pod names without a namespace. */
function networkSourceText(volume: Volume): VolumeText | undefined {
  const { glusterfs, scaleIO, azureFile } = volume;
  if (glusterfs !== undefined) {
    return [
      glusterfsAbout,
      ['EndpointsName', glusterfs.endpoints],
      ['Path', glusterfs.path],
      ['ReadOnly', flagText(glusterfs.readOnly)],
    ];
  }
  if (scaleIO !== undefined) return scaleIOText(scaleIO, []);
  if (azureFile !== undefined) {
    return [
      azureFileAbout,
      ['SecretName', azureFile.secretName],
      ['ShareName', azureFile.shareName],
      ['ReadOnly', flagText(azureFile.readOnly)],
    ];
  }
  return secretSourceText(volume, secretText);
}
