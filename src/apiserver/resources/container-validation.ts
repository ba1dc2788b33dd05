/** Containers of a pod, after `validateContainers` of `pkg/apis/core/validation`. */
import type { FieldError } from '../../api/status.ts';
import type { Container, ContainerPort, PodSpec, VolumeMount } from '../../api/types/core-v1.ts';
import {
  at,
  duplicate,
  forbiddenField,
  invalidFor,
  invalidValue,
  notFoundValue,
  notSupported,
  required,
} from '../../api/validation/field-errors.ts';
import { complainAboutDnsLabel, complainAboutPort, complainAboutPortName } from '../../api/validation/names.ts';
import { validateEnv } from './env-validation.ts';
import { validateEphemeral } from './ephemeral-containers.ts';
import { validateHandlers, validateProbes } from './probe-validation.ts';
import { validateResources } from './resource-amounts.ts';
import { validateLocalPath } from './volume-validation.ts';

const initOnly = 'may not be set for init containers without restartPolicy=Always';

export function validateContainers(spec: PodSpec, field: string): FieldError[] {
  const { containers = [], initContainers = [], ephemeralContainers = [], volumes = [] } = spec;
  const volumeNames = new Set(
    volumes.map(({ name }) => name).filter((name) => complainAboutDnsLabel(name).length === 0),
  );
  const errors: FieldError[] = [];
  if (containers.length === 0) errors.push(required(`${field}.containers`));
  const names = new Set<string>();
  for (const [index, container] of containers.entries()) {
    const path = at(`${field}.containers`, index);
    errors.push(...validateContainer(container, volumeNames, path), ...takeName(names, container.name, path));
    errors.push(...validateHandlers(container.lifecycle, `${path}.lifecycle`), ...validateProbes(container, path));
  }
  errors.push(...validateHostPorts(containers, `${field}.containers`));
  for (const [index, container] of initContainers.entries()) {
    const path = at(`${field}.initContainers`, index);
    errors.push(...validateContainer(container, volumeNames, path), ...validateInit(container, path));
    errors.push(...takeName(names, container.name, path));
  }
  for (const [index, container] of ephemeralContainers.entries()) {
    const path = at(`${field}.ephemeralContainers`, index);
    errors.push(...validateContainer(container, volumeNames, path), ...takeName(names, container.name, path));
    errors.push(...validateEphemeral(container, spec, path));
  }
  return errors;
}

/** The number of a user or group. */
export function validateId(id: number | undefined, field: string): FieldError[] {
  if (id === undefined || (id >= 0 && id <= 2147483647)) return [];
  return [invalidValue(field, id, 'must be between 0 and 2147483647, inclusive')];
}

function takeName(names: Set<string>, name: string, path: string): FieldError[] {
  if (names.has(name)) return [duplicate(`${path}.name`, name)];
  if ((name ?? '') !== '') names.add(name);
  return [];
}

function validateInit(container: Container, path: string): FieldError[] {
  const { restartPolicy, lifecycle, livenessProbe, readinessProbe, startupProbe } = container;
  const errors: FieldError[] = [];
  if (restartPolicy !== undefined && !['Always', 'Never', 'OnFailure'].includes(restartPolicy)) {
    errors.push(notSupported(`${path}.restartPolicy`, restartPolicy, ['Always', 'Never', 'OnFailure']));
  }
  if (restartPolicy === 'Always') {
    return [...validateHandlers(lifecycle, `${path}.lifecycle`), ...validateProbes(container, path)];
  }
  const forbidden = Object.entries({ lifecycle, livenessProbe, readinessProbe, startupProbe })
    .filter(([, value]) => value !== undefined)
    .map(([name]) => forbiddenField(`${path}.${name}`, initOnly));
  return [...errors, ...forbidden];
}

function validateContainer(container: Container, volumes: ReadonlySet<string>, path: string): FieldError[] {
  const { name = '', image = '', imagePullPolicy = '', terminationMessagePolicy = '' } = container;
  const policies = ['Always', 'IfNotPresent', 'Never'];
  const messages = ['File', 'FallbackToLogsOnError'];
  const errors: FieldError[] = [];
  if (name === '') errors.push(required(`${path}.name`));
  else errors.push(...invalidFor(`${path}.name`, name, complainAboutDnsLabel(name)));
  if (image === '') errors.push(required(`${path}.image`));
  else if (image.trim() !== image)
    errors.push(invalidValue(`${path}.image`, image, 'must not have leading or trailing whitespace'));
  if (terminationMessagePolicy === '') errors.push(required(`${path}.terminationMessagePolicy`));
  else if (!messages.includes(terminationMessagePolicy)) {
    errors.push(notSupported(`${path}.terminationMessagePolicy`, terminationMessagePolicy, messages));
  }
  errors.push(
    ...validatePorts(container.ports ?? [], `${path}.ports`),
    ...validateEnv(container, path),
    ...validateMounts(container.volumeMounts ?? [], volumes, `${path}.volumeMounts`),
  );
  if (imagePullPolicy === '') errors.push(required(`${path}.imagePullPolicy`));
  else if (!policies.includes(imagePullPolicy)) {
    errors.push(notSupported(`${path}.imagePullPolicy`, imagePullPolicy, policies));
  }
  const { runAsUser, runAsGroup } = container.securityContext ?? {};
  return [
    ...errors,
    ...validateResources(container.resources, `${path}.resources`),
    ...validateId(runAsUser, `${path}.securityContext.runAsUser`),
    ...validateId(runAsGroup, `${path}.securityContext.runAsGroup`),
  ];
}

function validatePorts(ports: readonly ContainerPort[], field: string): FieldError[] {
  const names = new Set<string>();
  return ports.flatMap(({ name = '', containerPort = 0, hostPort = 0, protocol = '' }, index) => {
    const path = at(field, index);
    const errors: FieldError[] = [];
    if (name !== '') {
      const complaints = complainAboutPortName(name);
      errors.push(...invalidFor(`${path}.name`, name, complaints));
      if (complaints.length === 0 && names.has(name)) errors.push(duplicate(`${path}.name`, name));
      names.add(name);
    }
    if (containerPort === 0) errors.push(required(`${path}.containerPort`));
    else errors.push(...invalidFor(`${path}.containerPort`, containerPort, complainAboutPort(containerPort)));
    if (hostPort !== 0) errors.push(...invalidFor(`${path}.hostPort`, hostPort, complainAboutPort(hostPort)));
    if (protocol === '') errors.push(required(`${path}.protocol`));
    else if (!['SCTP', 'TCP', 'UDP'].includes(protocol)) {
      errors.push(notSupported(`${path}.protocol`, protocol, ['SCTP', 'TCP', 'UDP']));
    }
    return errors;
  });
}

function validateHostPorts(containers: readonly Container[], field: string): FieldError[] {
  const seen = new Set<string>();
  const errors: FieldError[] = [];
  for (const [index, { ports = [] }] of containers.entries()) {
    for (const [position, { hostPort = 0, hostIP = '', protocol = '' }] of ports.entries()) {
      if (hostPort === 0) continue;
      const key = `${protocol}/${hostIP}/${hostPort}`;
      const path = `${at(`${at(field, index)}.ports`, position)}.hostPort`;
      if (seen.has(key)) errors.push(duplicate(path, key));
      seen.add(key);
    }
  }
  return errors;
}

function validateMounts(mounts: readonly VolumeMount[], volumes: ReadonlySet<string>, field: string): FieldError[] {
  const paths = new Set<string>();
  return mounts.flatMap(({ name = '', mountPath = '', subPath = '', subPathExpr = '' }, index) => {
    const path = at(field, index);
    const errors: FieldError[] = [];
    if (name === '') errors.push(required(`${path}.name`));
    if (!volumes.has(name)) errors.push(notFoundValue(`${path}.name`, name));
    if (mountPath === '') errors.push(required(`${path}.mountPath`));
    if (paths.has(mountPath)) errors.push(invalidValue(`${path}.mountPath`, mountPath, 'must be unique'));
    paths.add(mountPath);
    if (subPath !== '') errors.push(...validateLocalPath(subPath, `${field}.subPath`));
    if (subPathExpr !== '') {
      if (subPath !== '') {
        errors.push(invalidValue(`${path}.subPathExpr`, subPathExpr, 'subPathExpr and subPath are mutually exclusive'));
      }
      errors.push(...validateLocalPath(subPathExpr, `${field}.subPathExpr`));
    }
    return errors;
  });
}
