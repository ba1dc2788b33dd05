/** The way to a node's kubelet: where it listens, with which certificate, and what its refusals mean. */

import { isIP } from 'node:net';
import type { Readable } from 'node:stream';
import { badRequest, internalError, notFound, StatusError } from '../../api/status.ts';
import type { Node, Pod } from '../../api/types/core-v1.ts';
import type { UpstreamEndpoint } from '../../net/http1/upstream.ts';
import type { ObjectReader } from './connector.ts';

/** PEM texts: the CA that signed kubelets' certificates, and the API server's client certificate for them. */
export interface KubeletCredentials {
  ca: string;
  cert: string;
  key: string;
}

const NODES = { group: '', resource: 'nodes' };
const PODS = { group: '', resource: 'pods' };
const ADDRESS_TYPES = ['InternalIP', 'ExternalIP'];
const REFUSAL_BYTES = 4096;

/** Throws `StatusError` when there is no such Node or it tells no address. */
export async function kubeletEndpoint(
  store: ObjectReader,
  nodeName: string,
  credentials: KubeletCredentials,
): Promise<UpstreamEndpoint> {
  const node = await store.get<Node>(NODES, '', nodeName);
  if (node === undefined) throw notFound(NODES, nodeName);
  const port = node.status?.daemonEndpoints?.kubeletEndpoint?.Port ?? 0;
  const address = ADDRESS_TYPES.map(
    (type) => node.status?.addresses?.find((candidate) => candidate.type === type)?.address,
  ).find((candidate) => candidate !== undefined && isIP(candidate) !== 0);
  if (address === undefined || port === 0) {
    throw internalError(`node "${nodeName}" has reported no address and port of its kubelet yet`);
  }
  // The certificate must be one of the cluster's for this address: a forged Node object leads nowhere.
  return { host: address, port, tls: credentials };
}

/** The pod and the container that is meant. Throws `StatusError` in upstream's wording. */
export async function podContainer(
  store: ObjectReader,
  namespace: string,
  podName: string,
  asked: string,
): Promise<{ pod: Pod; container: string }> {
  const pod = await existingPod(store, namespace, podName);
  const { containers = [], initContainers = [], ephemeralContainers = [] } = pod.spec ?? {};
  const names = [...initContainers, ...containers, ...ephemeralContainers].map(({ name }) => name);
  if (asked !== '') {
    if (!names.includes(asked)) throw badRequest(`container ${asked} is not valid for pod ${podName}`);
    return { pod, container: asked };
  }
  const [only] = containers;
  if (only === undefined || containers.length > 1) {
    throw badRequest(`a container name must be specified for pod ${podName}, choose one of: [${names.join(' ')}]`);
  }
  return { pod, container: only.name };
}

export async function existingPod(store: ObjectReader, namespace: string, name: string): Promise<Pod> {
  const pod = await store.get<Pod>(PODS, namespace, name);
  if (pod === undefined) throw notFound(PODS, name);
  return pod;
}

/** The StatusError for a refusal of the kubelet, whose body is a line of text. */
export async function kubeletRefusal(status: number, body: Readable, podName: string): Promise<StatusError> {
  let text = '';
  for await (const chunk of body) {
    text += (chunk as Buffer).toString('utf8');
    if (text.length > REFUSAL_BYTES) break;
  }
  const message = text.trim().slice(0, REFUSAL_BYTES);
  if (status === 400) return badRequest(message);
  if (status === 404)
    return new StatusError({ ...notFound(PODS, podName).status, code: 404, reason: 'NotFound', message });
  return internalError(`the node answered ${status}: ${message}`);
}
