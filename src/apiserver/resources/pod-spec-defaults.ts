/** Defaults of pods and of templates that pods are made from, after `pkg/apis/core/v1/defaults.go`. */
import type {
  Container,
  ContainerPort,
  DownwardAPIVolumeFile,
  EphemeralContainer,
  LifecycleHandler,
  PodSpec,
  Probe,
  ResourceRequirements,
  Volume,
  VolumeProjection,
} from '../../api/types/core-v1.ts';

import { canonicalAmounts } from './resource-amounts.ts';

const fileMode = 0o644;

export function defaultPodSpec(spec: PodSpec): void {
  setEmpty(spec, 'dnsPolicy', 'ClusterFirst');
  setEmpty(spec, 'restartPolicy', 'Always');
  setEmpty(spec, 'schedulerName', 'default-scheduler');
  spec.securityContext ??= {};
  spec.terminationGracePeriodSeconds ??= 30;
  // Two names of one field, of which upstream keeps both the same.
  const account = firstSet(spec.serviceAccountName, spec.serviceAccount);
  if (account !== undefined) {
    spec.serviceAccountName = account;
    spec.serviceAccount = account;
  }
  for (const volume of spec.volumes ?? []) defaultVolume(volume);
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  for (const container of containers) {
    defaultContainer(container);
    if (spec.hostNetwork === true) for (const port of container.ports ?? []) port.hostPort ??= port.containerPort;
  }
  for (const container of spec.ephemeralContainers ?? []) defaultContainer(container);
}

/** What a pod has and a template does not. */
export function defaultPodOnly(spec: PodSpec): void {
  spec.enableServiceLinks ??= true;
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])])
    requestLimits(container.resources);
  if (spec.resources?.limits !== undefined) requestLimits(spec.resources);
}

/** What is limited is also requested, where no request is made. */
function requestLimits(resources: ResourceRequirements | undefined): void {
  if (resources?.limits === undefined || Object.keys(resources.limits).length === 0) return;
  resources.requests = { ...resources.limits, ...resources.requests };
}

function firstSet(...values: (string | undefined)[]): string | undefined {
  return values.find((value) => value !== undefined && value !== '');
}

function setEmpty<K extends string>(object: Partial<Record<K, string>>, key: K, value: string): void {
  if (object[key] === undefined || object[key] === '') object[key] = value;
}

function defaultContainer(container: Container | EphemeralContainer): void {
  setEmpty(container, 'imagePullPolicy', hasLatestTag(container.image ?? '') ? 'Always' : 'IfNotPresent');
  setEmpty(container, 'terminationMessagePath', '/dev/termination-log');
  setEmpty(container, 'terminationMessagePolicy', 'File');
  container.resources ??= {};
  canonicalAmounts(container.resources.requests);
  canonicalAmounts(container.resources.limits);
  for (const port of container.ports ?? []) defaultPort(port);
  for (const { valueFrom } of container.env ?? []) {
    if (valueFrom?.fieldRef !== undefined) setEmpty(valueFrom.fieldRef, 'apiVersion', 'v1');
    if (valueFrom?.resourceFieldRef !== undefined) valueFrom.resourceFieldRef.divisor ??= '0';
  }
  for (const probe of [container.livenessProbe, container.readinessProbe, container.startupProbe]) {
    if (probe !== undefined) defaultProbe(probe);
  }
  for (const handler of [container.lifecycle?.postStart, container.lifecycle?.preStop]) {
    if (handler !== undefined) defaultHandler(handler);
  }
}

function defaultPort(port: ContainerPort): void {
  setEmpty(port, 'protocol', 'TCP');
}

function defaultProbe(probe: Probe): void {
  defaultHandler(probe);
  probe.timeoutSeconds ||= 1;
  probe.periodSeconds ||= 10;
  probe.successThreshold ||= 1;
  probe.failureThreshold ||= 3;
  if (probe.grpc !== undefined) probe.grpc.service ??= '';
}

function defaultHandler({ httpGet }: Probe | LifecycleHandler): void {
  if (httpGet === undefined) return;
  setEmpty(httpGet, 'path', '/');
  setEmpty(httpGet, 'scheme', 'HTTP');
}

/** An image without tag and digest means `latest`. */
function hasLatestTag(image: string): boolean {
  if (image.includes('@')) return false;
  const last = image.slice(image.lastIndexOf('/') + 1);
  const colon = last.indexOf(':');
  return colon < 0 || last.slice(colon + 1) === 'latest';
}

function defaultVolume(volume: Volume): void {
  const { name: _name, ...source } = volume;
  if (Object.keys(source).length === 0) volume.emptyDir = {};
  if (volume.secret !== undefined) volume.secret.defaultMode ??= fileMode;
  if (volume.configMap !== undefined) volume.configMap.defaultMode ??= fileMode;
  if (volume.hostPath !== undefined) volume.hostPath.type ??= '';
  if (volume.image !== undefined) {
    setEmpty(volume.image, 'pullPolicy', hasLatestTag(volume.image.reference ?? '') ? 'Always' : 'IfNotPresent');
  }
  if (volume.downwardAPI !== undefined) {
    volume.downwardAPI.defaultMode ??= fileMode;
    defaultDownwardItems(volume.downwardAPI.items);
  }
  if (volume.projected !== undefined) {
    volume.projected.defaultMode ??= fileMode;
    for (const source of volume.projected.sources ?? []) defaultProjection(source);
  }
  if (volume.ephemeral?.volumeClaimTemplate !== undefined) {
    const { spec } = volume.ephemeral.volumeClaimTemplate;
    spec.volumeMode ??= 'Filesystem';
  }
}

function defaultProjection({ serviceAccountToken, downwardAPI }: VolumeProjection): void {
  if (serviceAccountToken !== undefined) serviceAccountToken.expirationSeconds ??= 3600;
  defaultDownwardItems(downwardAPI?.items);
}

function defaultDownwardItems(items: readonly DownwardAPIVolumeFile[] | undefined): void {
  for (const { fieldRef, resourceFieldRef } of items ?? []) {
    if (fieldRef !== undefined) setEmpty(fieldRef, 'apiVersion', 'v1');
    if (resourceFieldRef !== undefined) resourceFieldRef.divisor ??= '0';
  }
}
