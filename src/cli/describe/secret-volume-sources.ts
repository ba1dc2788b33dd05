/** Sources of volumes that need a secret, which pods and persistent volumes name each in their way. */
import type { SecretReference, Volume } from '../../api/types/core-v1.ts';
import { flagText, sliceText } from './values.ts';
import type { VolumeText } from './volume-text.ts';

export const glusterfsAbout = "Glusterfs (a Glusterfs mount on the host that shares a pod's lifetime)";
export const azureFileAbout = 'AzureFile (an Azure File Service mount on the host and bind mount to the pod)';

type Of<K extends keyof Volume> = Omit<NonNullable<Volume[K]>, 'secretRef'>;

type Kinds = 'iscsi' | 'rbd' | 'cinder' | 'cephfs' | 'storageos' | 'flexVolume';
/** A reference that may name a namespace serves both: a pod's secrets are in its own. */
type Sources = { [K in Kinds]?: Of<K> & { secretRef?: SecretReference } };

/** `secret` prints the reference. Undefined for a kind of volume that is none of these. */
export function secretSourceText(
  { iscsi, rbd, cinder, cephfs, storageos, flexVolume }: Sources,
  secret: (reference: SecretReference | undefined) => string,
): VolumeText | undefined {
  if (iscsi !== undefined) return iscsiText(iscsi, secret(iscsi.secretRef));
  if (rbd !== undefined) return rbdText(rbd, secret(rbd.secretRef));
  if (cinder !== undefined) return cinderText(cinder, secret(cinder.secretRef));
  if (cephfs !== undefined) return cephfsText(cephfs, secret(cephfs.secretRef));
  if (storageos !== undefined) return storageosText(storageos);
  if (flexVolume !== undefined) return flexText(flexVolume, secret(flexVolume.secretRef));
  return undefined;
}

function iscsiText(iscsi: Of<'iscsi'>, secret: string): VolumeText {
  return [
    "ISCSI (an ISCSI Disk resource that is attached to a kubelet's host machine and then exposed to the pod)",
    ['TargetPortal', iscsi.targetPortal],
    ['IQN', iscsi.iqn],
    ['Lun', iscsi.lun],
    ['ISCSIInterface', iscsi.iscsiInterface],
    ['FSType', iscsi.fsType],
    ['ReadOnly', flagText(iscsi.readOnly)],
    ['Portals', sliceText(iscsi.portals)],
    ['DiscoveryCHAPAuth', flagText(iscsi.chapAuthDiscovery)],
    ['SessionCHAPAuth', flagText(iscsi.chapAuthSession)],
    ['SecretRef', secret],
    ['InitiatorName', iscsi.initiatorName ?? '<none>'],
  ];
}

function rbdText(rbd: Of<'rbd'>, secret: string): VolumeText {
  return [
    "RBD (a Rados Block Device mount on the host that shares a pod's lifetime)",
    ['CephMonitors', sliceText(rbd.monitors)],
    ['RBDImage', rbd.image],
    ['FSType', rbd.fsType],
    ['RBDPool', rbd.pool],
    ['RadosUser', rbd.user],
    ['Keyring', rbd.keyring],
    ['SecretRef', secret],
    ['ReadOnly', flagText(rbd.readOnly)],
  ];
}

function cinderText(cinder: Of<'cinder'>, secret: string): VolumeText {
  return [
    'Cinder (a Persistent Disk resource in OpenStack)',
    ['VolumeID', cinder.volumeID],
    ['FSType', cinder.fsType],
    ['ReadOnly', flagText(cinder.readOnly)],
    ['SecretRef', secret],
  ];
}

export function scaleIOText(scaleIO: Of<'scaleIO'>, secret: readonly (readonly [string, string])[]): VolumeText {
  return [
    'ScaleIO (a persistent volume backed by a block device in ScaleIO)',
    ['Gateway', scaleIO.gateway],
    ['System', scaleIO.system],
    ['Protection Domain', scaleIO.protectionDomain],
    ['Storage Pool', scaleIO.storagePool],
    ['Storage Mode', scaleIO.storageMode],
    ['VolumeName', scaleIO.volumeName],
    ...secret,
    ['FSType', scaleIO.fsType],
    ['ReadOnly', flagText(scaleIO.readOnly)],
  ];
}

function cephfsText(cephfs: Of<'cephfs'>, secret: string): VolumeText {
  return [
    "CephFS (a CephFS mount on the host that shares a pod's lifetime)",
    ['Monitors', sliceText(cephfs.monitors)],
    ['Path', cephfs.path],
    ['User', cephfs.user],
    ['SecretFile', cephfs.secretFile],
    ['SecretRef', secret],
    ['ReadOnly', flagText(cephfs.readOnly)],
  ];
}

function storageosText(storageos: Of<'storageos'>): VolumeText {
  return [
    'StorageOS (a StorageOS Persistent Disk resource)',
    ['VolumeName', storageos.volumeName],
    ['VolumeNamespace', storageos.volumeNamespace],
    ['FSType', storageos.fsType],
    ['ReadOnly', flagText(storageos.readOnly)],
  ];
}

function flexText(flex: Of<'flexVolume'>, secret: string): VolumeText {
  const options = Object.entries(flex.options ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    'FlexVolume (a generic volume resource that is provisioned/attached using an exec based plugin)',
    ['Driver', flex.driver],
    ['FSType', flex.fsType],
    ['SecretRef', secret],
    ['ReadOnly', flagText(flex.readOnly)],
    ['Options', `map[${options.map(([key, value]) => `${key}:${value}`).join(' ')}]`],
  ];
}
