/** The way in for programs: one cluster, as a kubeconfig or a pod's service account names it. */
import type { KubeObject, UnstructuredObject } from '../api/object.ts';
import type { KindTypes } from '../api/types/kind-types.ts';
import type { ApiServers } from './api-servers.ts';
import type { ClientConfig } from './client-config.ts';
import type { ClusterClient, PartialObject, RawRequest, RawResponse } from './cluster-client.ts';
import type { KubeconfigChoice } from './kubeconfig.ts';
import type { PodDoor } from './pod.ts';
import type { Resource } from './resource.ts';
import type { ServiceDoor } from './service.ts';
import type { FailureHandler } from './watch-failures.ts';

export interface ConnectOptions extends KubeconfigChoice {
  /** A configuration made in code, or by `loadKubeconfig`; the rest is then not read. */
  config?: ClientConfig;
  /** Told of each warning that the server sends along, of every call that has no handler of its own. */
  onWarning?: (text: string) => void;
  /**
   * Told of each failure of a watch or a cache that is tried again and has no handler of its own. By default they are warnings
   * of the process, the same one at most once a minute.
   */
  onError?: FailureHandler;
  /**
   * Integers that a number would round, beyond 2^53, are read as `bigint`s and written with every digit. The types still say
   * `number`, and `JSON.stringify` throws for such an object. Without it they are rounded, also in what `update` writes back.
   */
  exactIntegers?: boolean;
}

type KindOf<Version> = Version extends keyof KindTypes ? keyof KindTypes[Version] & string : never;

export interface Cluster extends AsyncDisposable {
  /** The API server's URL; of several the first. */
  readonly server: string;
  /** The API servers, how each is, and a way to be told when that changes. */
  readonly servers: Pick<ApiServers, 'list' | 'subscribe'>;
  /** Where objects are meant to be that name no namespace. */
  readonly namespace: string;
  /** Kubernetes' own kinds by apiVersion and kind, with their types: `resource('apps/v1', 'Deployment')`. */
  resource<Version extends keyof KindTypes, Kind extends KindOf<Version>>(
    apiVersion: Version,
    kind: Kind,
  ): Resource<KindTypes[Version][Kind] extends infer T extends KubeObject ? T : never>;
  /** Any kind that the cluster serves; its plural is looked up when it is first needed. */
  resource<T extends KubeObject = UnstructuredObject>(apiVersion: string, kind: string): Resource<T>;
  /** The same with nothing but metadata in every answer: what a cache of many objects can afford. */
  metadata(apiVersion: string, kind: string): Resource<PartialObject>;
  /** Log, commands and ports of one pod. */
  pod(namespace: string, name: string): PodDoor;
  /** HTTP to a service by the API server: `service('shop', 'web:http').fetch('/')`. */
  service(namespace: string, service: string): ServiceDoor;
  /** Any request with this cluster's credentials; answers of any status are returned, not thrown. */
  request(request: RawRequest): Promise<RawResponse>;
  /** The client by plural names that this one rests on. */
  readonly client: ClusterClient;
}

/**
 * Reads the kubeconfig (`KUBECONFIG`, `~/.kube/config`) or, in a pod, its service account, and connects when first asked
 * something. Disposing ends every request, watch and connection. Throws ConfigError.
 */
export async function connect({
  config,
  onWarning,
  onError,
  exactIntegers = false,
  ...choice
}: ConnectOptions = {}): Promise<Cluster> {
  // Only now: a program that imports this library has not yet asked for a cluster.
  const [{ openCluster }, found] = await Promise.all([import('./open-cluster.ts'), config ?? loadKubeconfig(choice)]);
  return openCluster(found, { onWarning, onError, exactIntegers });
}

/** From kubeconfig files, environment and `choice` to a configuration, as kubectl does it. Throws ConfigError. */
export async function loadKubeconfig(choice: KubeconfigChoice = {}): Promise<ClientConfig> {
  // Only now: reading YAML is half of what importing this library would cost.
  return (await import('./kubeconfig.ts')).loadKubeconfig(choice);
}
