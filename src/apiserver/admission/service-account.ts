/** Gives a pod its service account, the account's pull secrets, and a token mounted into every container. */
import { setTimeout as delay } from 'node:timers/promises';
import { forbidden } from '../../api/status.ts';
import type { Container, Pod, PodSpec, ServiceAccount, Volume } from '../../api/types/core-v1.ts';
import type { ObjectReader } from '../connect/connector.ts';
import { randomSuffix } from '../resources/random-suffix.ts';
import type { AdmissionPlugin } from './admission.ts';

export const tokenMountPath = '/var/run/secrets/kubernetes.io/serviceaccount';
const volumePrefix = 'kube-api-access-';
/** Mirror pods stand for what runs on a node anyway, and have no account. */
const mirrorAnnotation = 'kubernetes.io/config.mirror';
const pods = { group: '', resource: 'pods' };
/** A controller makes it in every namespace, which may be younger than this pod's request by less than it takes. */
const defaultName = 'default';
const lookMs = 20;
/**
 * For a second, as long as upstream's plugin waits at the least (plugin/pkg/admission/serviceaccount). Counted as it counts: where this
 * process is held up, the controller that runs in it is too.
 */
const maxLooks = 50;

export function serviceAccountAdmission(store: ObjectReader): AdmissionPlugin {
  return {
    name: 'ServiceAccount',
    async admit({ operation, resource, subresource, namespace, object }) {
      if (operation !== 'CREATE' || resource.group !== '' || resource.plural !== 'pods' || subresource !== '') return;
      const pod = object as Pod;
      const { spec } = pod;
      if (spec === undefined || pod.metadata.annotations?.[mirrorAnnotation] !== undefined) return;
      const given = spec.serviceAccountName ?? '';
      const name =
        given !== '' ? given : (spec.serviceAccount ?? '') === '' ? defaultName : (spec.serviceAccount ?? '');
      spec.serviceAccountName = name;
      spec.serviceAccount = name;
      const account = await findAccount(store, namespace, name);
      if (account === undefined) {
        throw forbidden(
          pods,
          pod.metadata.name ?? '',
          `error looking up service account ${namespace}/${name}: serviceaccount ${JSON.stringify(name)} not found`,
        );
      }
      if (spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true) mountToken(spec);
      if ((spec.imagePullSecrets ?? []).length === 0 && account.imagePullSecrets !== undefined) {
        spec.imagePullSecrets = structuredClone(account.imagePullSecrets);
      }
    },
  };
}

async function findAccount(store: ObjectReader, namespace: string, name: string): Promise<ServiceAccount | undefined> {
  const find = () => store.get<ServiceAccount>({ group: '', resource: 'serviceaccounts' }, namespace, name);
  let account = await find();
  if (name !== defaultName) return account;
  for (let looks = 0; account === undefined && looks < maxLooks; looks++) {
    await delay(lookMs);
    account = await find();
  }
  return account;
}

function mountToken(spec: PodSpec): void {
  const volumes = spec.volumes ?? [];
  const existing = volumes.find(({ name }) => name.startsWith(volumePrefix));
  const volumeName = existing?.name ?? freeName(volumes);
  let mounted = false;
  for (const container of [...(spec.initContainers ?? []), ...spec.containers]) {
    mounted = mountInto(container, volumeName) || mounted;
  }
  if (existing === undefined && mounted) spec.volumes = [...volumes, tokenVolume(volumeName)];
}

/** A container that mounts something at the place already keeps it. */
function mountInto(container: Container, name: string): boolean {
  const mounts = container.volumeMounts ?? [];
  if (mounts.some(({ mountPath }) => mountPath === tokenMountPath)) return false;
  container.volumeMounts = [...mounts, { mountPath: tokenMountPath, name, readOnly: true }];
  return true;
}

function freeName(volumes: readonly Volume[]): string {
  for (;;) {
    const name = `${volumePrefix}${randomSuffix()}`;
    if (!volumes.some((volume) => volume.name === name)) return name;
  }
}

function tokenVolume(name: string): Volume {
  return {
    name,
    projected: {
      defaultMode: 420,
      sources: [
        { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
        { configMap: { items: [{ key: 'ca.crt', path: 'ca.crt' }], name: 'kube-root-ca.crt' } },
        {
          downwardAPI: {
            items: [{ fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' }, path: 'namespace' }],
          },
        },
      ],
    },
  };
}
