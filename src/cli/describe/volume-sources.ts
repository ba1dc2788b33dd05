/** Where the content of a volume comes from: its kind in words, and its settings. */
import { parseQuantity } from '../../api/quantity/quantity.ts';
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
import { flagText, sliceText } from './values.ts';
import type { VolumeText } from './volumes.ts';

/** Of sources that pods and persistent volumes share. */
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

/** The secret that goes with a volume, as Go prints a reference to it. */
export function secretText(reference: { name?: string } | undefined): string {
  return reference === undefined ? 'nil' : `&LocalObjectReference{Name:${reference.name ?? ''},}`;
}

/** Undefined for a kind of volume that is not known. */
export function volumeSourceText(volume: Volume): VolumeText | undefined {
  return sharedSourceText(volume) ?? clusterSourceText(volume) ?? networkSourceText(volume);
}

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
  const { iscsi, glusterfs, rbd, cinder, scaleIO, cephfs, storageos, azureFile, flexVolume } = volume;
  if (iscsi !== undefined) return iscsiText(iscsi, secretText(iscsi.secretRef));
  if (glusterfs !== undefined) {
    return [
      glusterfsAbout,
      ['EndpointsName', glusterfs.endpoints],
      ['Path', glusterfs.path],
      ['ReadOnly', flagText(glusterfs.readOnly)],
    ];
  }
  if (rbd !== undefined) return rbdText(rbd, secretText(rbd.secretRef));
  if (cinder !== undefined) return cinderText(cinder, secretText(cinder.secretRef));
  if (scaleIO !== undefined) return scaleIOText(scaleIO, []);
  if (cephfs !== undefined) return cephfsText(cephfs, secretText(cephfs.secretRef));
  if (storageos !== undefined) return storageosText(storageos);
  if (azureFile !== undefined) {
    return [
      azureFileAbout,
      ['SecretName', azureFile.secretName],
      ['ShareName', azureFile.shareName],
      ['ReadOnly', flagText(azureFile.readOnly)],
    ];
  }
  if (flexVolume !== undefined) return flexText(flexVolume, secretText(flexVolume.secretRef));
  return undefined;
}

export const glusterfsAbout = "Glusterfs (a Glusterfs mount on the host that shares a pod's lifetime)";
export const azureFileAbout = 'AzureFile (an Azure File Service mount on the host and bind mount to the pod)';

type Of<K extends keyof Volume> = Omit<NonNullable<Volume[K]>, 'secretRef'>;

export function iscsiText(iscsi: Of<'iscsi'>, secret: string): VolumeText {
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

export function rbdText(rbd: Of<'rbd'>, secret: string): VolumeText {
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

export function cinderText(cinder: Of<'cinder'>, secret: string): VolumeText {
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

export function cephfsText(cephfs: Of<'cephfs'>, secret: string): VolumeText {
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

export function storageosText(storageos: Of<'storageos'>): VolumeText {
  return [
    'StorageOS (a StorageOS Persistent Disk resource)',
    ['VolumeName', storageos.volumeName],
    ['VolumeNamespace', storageos.volumeNamespace],
    ['FSType', storageos.fsType],
    ['ReadOnly', flagText(storageos.readOnly)],
  ];
}

export function flexText(flex: Of<'flexVolume'>, secret: string): VolumeText {
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
