/** Sources of volumes that pods and persistent volumes have in common: their kind in words, and their settings. */
import type {
  AzureDiskVolumeSource,
  FCVolumeSource,
  FlockerVolumeSource,
  GCEPersistentDiskVolumeSource,
  HostPathVolumeSource,
  NFSVolumeSource,
  QuobyteVolumeSource,
  Volume,
  VsphereVirtualDiskVolumeSource,
} from '../../api/types/core-v1.ts';
import { flagText } from './values.ts';
import type { VolumeText } from './volume-text.ts';

export interface SharedSources {
  hostPath?: HostPathVolumeSource;
  gcePersistentDisk?: GCEPersistentDiskVolumeSource;
  awsElasticBlockStore?: Volume['awsElasticBlockStore'];
  nfs?: NFSVolumeSource;
  quobyte?: QuobyteVolumeSource;
  vsphereVolume?: VsphereVirtualDiskVolumeSource;
  azureDisk?: AzureDiskVolumeSource;
  photonPersistentDisk?: Volume['photonPersistentDisk'];
  portworxVolume?: Volume['portworxVolume'];
  fc?: FCVolumeSource;
  flocker?: FlockerVolumeSource;
}

/** Undefined for a source of another kind. */
export function sharedSourceText(sources: SharedSources): VolumeText | undefined {
  const { hostPath, gcePersistentDisk: gce, awsElasticBlockStore: aws, nfs, quobyte, vsphereVolume: vsphere } = sources;
  const { azureDisk, photonPersistentDisk: photon, portworxVolume: portworx, fc, flocker } = sources;
  if (hostPath !== undefined) {
    const type = hostPath.type ?? '<none>';
    return ['HostPath (bare host directory volume)', ['Path', hostPath.path], ['HostPathType', type]];
  }
  if (gce !== undefined) {
    return [
      'GCEPersistentDisk (a Persistent Disk resource in Google Compute Engine)',
      ['PDName', gce.pdName],
      ['FSType', gce.fsType],
      ['Partition', gce.partition ?? 0],
      ['ReadOnly', flagText(gce.readOnly)],
    ];
  }
  if (aws !== undefined) {
    return [
      'AWSElasticBlockStore (a Persistent Disk resource in AWS)',
      ['VolumeID', aws.volumeID],
      ['FSType', aws.fsType],
      ['Partition', aws.partition ?? 0],
      ['ReadOnly', flagText(aws.readOnly)],
    ];
  }
  if (nfs !== undefined) {
    return [
      'NFS (an NFS mount that lasts the lifetime of a pod)',
      ['Server', nfs.server],
      ['Path', nfs.path],
      ['ReadOnly', flagText(nfs.readOnly)],
    ];
  }
  if (quobyte !== undefined) {
    return [
      "Quobyte (a Quobyte mount on the host that shares a pod's lifetime)",
      ['Registry', quobyte.registry],
      ['Volume', quobyte.volume],
      ['ReadOnly', flagText(quobyte.readOnly)],
    ];
  }
  if (vsphere !== undefined) {
    return [
      'vSphereVolume (a Persistent Disk resource in vSphere)',
      ['VolumePath', vsphere.volumePath],
      ['FSType', vsphere.fsType],
      ['StoragePolicyName', vsphere.storagePolicyName],
    ];
  }
  if (azureDisk !== undefined) {
    return [
      'AzureDisk (an Azure Data Disk mount on the host and bind mount to the pod)',
      ['DiskName', azureDisk.diskName],
      ['DiskURI', azureDisk.diskURI],
      ['Kind', azureDisk.kind],
      ['FSType', azureDisk.fsType],
      ['CachingMode', azureDisk.cachingMode],
      ['ReadOnly', flagText(azureDisk.readOnly)],
    ];
  }
  if (photon !== undefined) {
    return [
      'PhotonPersistentDisk (a Persistent Disk resource in photon platform)',
      ['PdID', photon.pdID],
      ['FSType', photon.fsType],
    ];
  }
  if (portworx !== undefined) return ['PortworxVolume (a Portworx Volume resource)', ['VolumeID', portworx.volumeID]];
  if (fc !== undefined) {
    return [
      'FC (a Fibre Channel disk)',
      ['TargetWWNs', (fc.targetWWNs ?? []).join(', ')],
      ['LUN', fc.lun ?? '<none>'],
      ['FSType', fc.fsType],
      ['ReadOnly', flagText(fc.readOnly)],
    ];
  }
  if (flocker !== undefined) {
    return [
      'Flocker (a Flocker volume mounted by the Flocker agent)',
      ['DatasetName', flocker.datasetName],
      ['DatasetUUID', flocker.datasetUUID],
    ];
  }
  return undefined;
}
