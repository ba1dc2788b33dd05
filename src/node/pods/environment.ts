/** The environment of a container, after `makeEnvironmentVariables` of the kubelet. */
import type { ConfigMap, Container, EnvVarSource, Pod, Secret } from '../../api/types/core-v1.ts';
import type { ClusterObjects } from './cluster-objects.ts';
import { ConfigError } from './config-error.ts';
import { expand } from './expand.ts';
import type { PodAddresses } from './pod-fields.ts';
import { podField } from './pod-fields.ts';
import type { NodeResources } from './resource-fields.ts';
import { resourceField } from './resource-fields.ts';
import { apiServerVariables, serviceVariables } from './service-environment.ts';

export interface EnvironmentFacts {
  objects: ClusterObjects;
  addresses: PodAddresses;
  apiServerUrl: string;
  nodeResources: NodeResources;
}

/** What a container runtime sets for every container, unless the spec does. */
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The variables that the spec asks for, and those of services. Throws `ConfigError` where something is missing. */
export async function containerEnvironment(
  pod: Pod,
  container: Container,
  facts: EnvironmentFacts,
): Promise<Record<string, string>> {
  const namespace = pod.metadata.namespace ?? '';
  const found = cachedObjects(facts.objects, namespace);
  const services = await linkedServices(pod, facts);
  const own: Record<string, string> = {};
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    const reference = configMapRef ?? secretRef;
    if (reference === undefined) continue;
    const { name = '', optional = false } = reference;
    const data = configMapRef === undefined ? await found.secret(name) : await found.configMap(name);
    if (data === undefined) {
      if (optional) continue;
      throw new ConfigError(`${configMapRef === undefined ? 'secret' : 'configmap'} "${name}" not found`);
    }
    for (const [key, value] of Object.entries(data)) own[prefix + key] = value;
  }
  for (const { name, value = '', valueFrom } of container.env ?? []) {
    if (value !== '' || valueFrom === undefined) {
      own[name] = expand(value, (reference) => own[reference] ?? services[reference]);
    } else {
      const resolved = await sourceValue(valueFrom, pod, container, facts, found);
      if (resolved !== undefined) own[name] = resolved;
    }
  }
  const all = { PATH, HOSTNAME: pod.spec?.hostname ?? pod.metadata.name ?? '', ...services, ...own };
  for (const [name, value] of Object.entries(all)) {
    if (value.includes('\0')) throw new ConfigError(`environment variable ${name} holds a NUL byte`);
  }
  return all;
}

async function linkedServices(pod: Pod, { objects, apiServerUrl }: EnvironmentFacts): Promise<Record<string, string>> {
  const linked = pod.spec?.enableServiceLinks === false ? [] : await objects.services(pod.metadata.namespace ?? '');
  // The API server's own service is given by its real address instead.
  const others = linked.filter(({ metadata }) => metadata.name !== 'kubernetes' || metadata.namespace !== 'default');
  return { ...serviceVariables(others), ...apiServerVariables(apiServerUrl) };
}

interface FoundObjects {
  configMap(name: string): Promise<Record<string, string> | undefined>;
  secret(name: string): Promise<Record<string, string> | undefined>;
}

/** Each object is read once for one container. */
function cachedObjects(objects: ClusterObjects, namespace: string): FoundObjects {
  const configMaps = new Map<string, Promise<ConfigMap | undefined>>();
  const secrets = new Map<string, Promise<Secret | undefined>>();
  return {
    async configMap(name) {
      const found = configMaps.get(name) ?? objects.configMap(namespace, name);
      configMaps.set(name, found);
      const object = await found;
      return object === undefined ? undefined : (object.data ?? {});
    },
    async secret(name) {
      const found = secrets.get(name) ?? objects.secret(namespace, name);
      secrets.set(name, found);
      const object = await found;
      if (object === undefined) return undefined;
      const entries = Object.entries(object.data ?? {});
      return Object.fromEntries(entries.map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]));
    },
  };
}

/** Undefined when an optional source is missing: the variable is then not set. */
async function sourceValue(
  source: EnvVarSource,
  pod: Pod,
  container: Container,
  facts: EnvironmentFacts,
  found: FoundObjects,
): Promise<string | undefined> {
  if (source.fieldRef !== undefined) return podField(pod, source.fieldRef.fieldPath, facts.addresses);
  if (source.resourceFieldRef !== undefined) {
    return resourceField(source.resourceFieldRef, container, facts.nodeResources);
  }
  const reference = source.configMapKeyRef ?? source.secretKeyRef;
  if (reference === undefined) throw new ConfigError('the process runtime cannot honour valueFrom.fileKeyRef');
  const { name = '', key, optional = false } = reference;
  const isConfigMap = source.configMapKeyRef !== undefined;
  const data = isConfigMap ? await found.configMap(name) : await found.secret(name);
  const value = data?.[key];
  if (value !== undefined) return value;
  if (optional) return undefined;
  if (data === undefined) throw new ConfigError(`${isConfigMap ? 'configmap' : 'secret'} "${name}" not found`);
  const kind = isConfigMap ? 'ConfigMap' : 'Secret';
  throw new ConfigError(`couldn't find key ${key} in ${kind} ${pod.metadata.namespace}/${name}`);
}
