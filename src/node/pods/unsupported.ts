/** What the process runtime cannot honour: fields that would change what a pod gets are refused, limits are only told. */
import type { Container, Pod } from '../../api/types/core-v1.ts';
import { terminalObstacle } from '../terminal/binding.ts';
import { unsupportedVolume } from '../volumes/pod-volumes.ts';

/** What `kubectl debug` asks for: root has it, and others may trace their own processes where the system lets them. */
const TRACE = 'SYS_PTRACE';

/** Fields for which a container must not run, in words; empty when there are none. */
export function refusedFields(pod: Pod, container: Container): string[] {
  const spec = pod.spec;
  const refused: string[] = [];
  const refuse = (found: boolean | undefined, what: string) => {
    if (found === true) refused.push(what);
  };
  refuse(spec?.hostNetwork, 'hostNetwork');
  refuse(spec?.hostPID, 'hostPID');
  refuse(spec?.hostIPC, 'hostIPC');
  refuse(spec?.runtimeClassName !== undefined, `runtimeClassName ${spec?.runtimeClassName}`);
  refuse((spec?.resourceClaims ?? []).length > 0, 'resourceClaims');
  refuse((spec?.securityContext?.sysctls ?? []).length > 0, 'securityContext.sysctls');
  for (const volume of spec?.volumes ?? []) {
    const { configMap, secret, downwardAPI, projected, emptyDir, hostPath } = volume;
    const known = configMap ?? secret ?? downwardAPI ?? projected ?? emptyDir ?? hostPath;
    refuse(known === undefined, unsupportedVolume(volume));
    refuse(
      emptyDir?.medium === 'Memory' || emptyDir?.medium?.startsWith('HugePages'),
      `volume ${volume.name} in memory`,
    );
  }
  const security = container.securityContext;
  refuse(security?.privileged, 'securityContext.privileged');
  const more = (security?.capabilities?.add ?? []).filter((capability) => capability !== TRACE);
  refuse(more.length > 0, `securityContext.capabilities.add ${more.join(', ')}`);
  refuse(security?.procMount === 'Unmasked', 'securityContext.procMount');
  const user = security?.runAsUser ?? spec?.securityContext?.runAsUser;
  const own = process.getuid?.();
  refuse(user !== undefined && user !== own, `securityContext.runAsUser ${user} (pods run as user ${own})`);
  const group = security?.runAsGroup ?? spec?.securityContext?.runAsGroup;
  const ownGroup = process.getgid?.();
  refuse(
    group !== undefined && group !== ownGroup,
    `securityContext.runAsGroup ${group} (pods run as group ${ownGroup})`,
  );
  const nonRoot = security?.runAsNonRoot ?? spec?.securityContext?.runAsNonRoot;
  refuse(nonRoot === true && own === 0, 'securityContext.runAsNonRoot (pods run as root, as the cluster does)');
  const obstacle = container.tty === true ? terminalObstacle() : undefined;
  refuse(obstacle !== undefined, `tty: ${obstacle}`);
  refuse((container.volumeDevices ?? []).length > 0, 'volumeDevices');
  for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe'] as const) {
    refuse(container[probe]?.grpc !== undefined, `${probe}.grpc`);
  }
  refuse((container.restartPolicyRules ?? []).length > 0, 'restartPolicyRules');
  for (const { hostPort } of container.ports ?? [])
    refuse(hostPort !== undefined && hostPort !== 0, `hostPort ${hostPort}`);
  return refused;
}

/** Restrictions that are accepted and not enforced, in words. */
export function unenforcedFields(pod: Pod): string[] {
  const unenforced = new Set<string>();
  const note = (found: boolean | undefined, what: string) => {
    if (found === true) unenforced.add(what);
  };
  const { hostAliases = [], dnsConfig, securityContext: ofPod, initContainers = [], containers = [] } = pod.spec ?? {};
  note(hostAliases.length > 0, 'hostAliases');
  note(dnsConfig !== undefined, 'dnsConfig');
  note(ofPod?.fsGroup !== undefined, 'securityContext.fsGroup');
  note((ofPod?.supplementalGroups ?? []).length > 0, 'securityContext.supplementalGroups');
  for (const { resources, securityContext: own, volumeMounts = [] } of [...initContainers, ...containers]) {
    note(Object.keys(resources?.limits ?? {}).length > 0, 'resources.limits');
    note(own?.readOnlyRootFilesystem, 'securityContext.readOnlyRootFilesystem');
    note(own?.allowPrivilegeEscalation === false, 'securityContext.allowPrivilegeEscalation');
    note((own?.capabilities?.drop ?? []).length > 0, 'securityContext.capabilities.drop');
    note(
      own?.capabilities?.add?.includes(TRACE) === true && process.getuid?.() !== 0,
      `securityContext.capabilities.add ${TRACE}`,
    );
    for (const profile of ['seccompProfile', 'appArmorProfile', 'seLinuxOptions'] as const) {
      note((own?.[profile] ?? ofPod?.[profile]) !== undefined, `securityContext.${profile}`);
    }
    const mounts = volumeMounts.filter(({ mountPath }) => mountPath !== SERVICE_ACCOUNT_MOUNT);
    note(
      mounts.some(({ readOnly }) => readOnly === true),
      'volumeMounts.readOnly',
    );
    note(
      mounts.some(({ mountPropagation = 'None' }) => mountPropagation !== 'None'),
      'volumeMounts.mountPropagation',
    );
  }
  return [...unenforced];
}

/** Where every pod gets its service account's token. */
export const SERVICE_ACCOUNT_MOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/** True when a container mounts something besides its service account. */
export function hasOwnMounts(pod: Pod): boolean {
  const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  return containers.some(({ volumeMounts = [] }) =>
    volumeMounts.some(({ mountPath }) => mountPath !== SERVICE_ACCOUNT_MOUNT),
  );
}

/** Ports that a container wants to listen on and may not, as `PORT of container NAME`. */
export function privilegedPorts(pod: Pod, firstOrdinaryPort: number): string[] {
  if (process.getuid?.() === 0) return [];
  return (pod.spec?.containers ?? []).flatMap(({ name, ports = [] }) =>
    ports
      .filter(({ containerPort }) => containerPort < firstOrdinaryPort)
      .map(({ containerPort }) => `${containerPort} of container ${name}`),
  );
}

/** What a pod does not get, each as a reason and a sentence for an event. */
export function podLimits(pod: Pod, firstOrdinaryPort: number): { reason: string; message: string }[] {
  const limits: { reason: string; message: string }[] = [];
  const unenforced = unenforcedFields(pod);
  if (unenforced.length > 0) {
    const message = `the process runtime runs this pod without enforcing ${unenforced.join(', ')}`;
    limits.push({ reason: 'NotEnforced', message });
  }
  const privileged = privilegedPorts(pod, firstOrdinaryPort);
  if (privileged.length > 0) {
    const message =
      `pods run as an ordinary user, who cannot listen on port ${privileged.join(', ')}: ` +
      `choose ports from ${firstOrdinaryPort} on`;
    limits.push({ reason: 'PrivilegedPort', message });
  }
  if (hasOwnMounts(pod)) {
    const message =
      'pods share the files of this machine, so volumes are not at their mount paths: ' +
      'they are below $FAIRLEAD_ROOT (for /etc/app: $FAIRLEAD_ROOT/etc/app)';
    limits.push({ reason: 'MountedBelowRoot', message });
  }
  return limits;
}
