/** `up --demo`: the sample application, from the manifests that any user would apply. */
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { apiRoot, parseApiVersion } from '../../api/group-version.ts';
import type { KubeObject, UnstructuredObject } from '../../api/object.ts';
import { isReason, StatusError } from '../../api/status.ts';
import type { Deployment } from '../../api/types/apps-v1.ts';
import type { ClusterClient } from '../../client/cluster-client.ts';
import { CommandError } from '../command.ts';

const manifests = resolve(import.meta.dirname, '../../../examples/demo');
const namespace = 'demo';

/** On the machines that this was tried on it takes two seconds. */
const waitMilliseconds = 60_000;

/** Creates or updates the objects and waits until every replica is available. Throws `CommandError` when they are not in time. */
export async function applyDemo(client: ClusterClient): Promise<void> {
  const signal = AbortSignal.timeout(waitMilliseconds);
  try {
    await applyAll(client, signal);
  } catch (error) {
    if (error instanceof StatusError) {
      throw new CommandError(`the cluster refused the sample application: ${error.message}`);
    }
    if (!signal.aborted) throw error;
    throw new CommandError(
      `the sample application was not ready within ${waitMilliseconds / 1000} s: kubectl get pods -n ${namespace} shows what it waits for`,
    );
  }
}

async function applyAll(client: ClusterClient, signal: AbortSignal): Promise<void> {
  const files = (await readdir(manifests)).filter((file) => file.endsWith('.yaml')).sort();
  const plurals = new Map<string, string>();
  for (const file of files) {
    for (const document of parseAllDocuments(await readFile(join(manifests, file), 'utf8'))) {
      await apply(client, toObject(document.toJS(), file), plurals, signal);
    }
  }
  await available(client, signal);
}

function toObject(value: unknown, file: string): UnstructuredObject {
  if (
    typeof value !== 'object' ||
    value === null ||
    !('apiVersion' in value) ||
    !('kind' in value) ||
    !('metadata' in value)
  ) {
    throw new Error(`${file} holds a document that is no Kubernetes object`);
  }
  return value as UnstructuredObject;
}

async function apply(
  client: ClusterClient,
  object: UnstructuredObject,
  plurals: Map<string, string>,
  signal: AbortSignal,
): Promise<void> {
  const resource = client.resource<KubeObject>(object.apiVersion, await pluralOf(client, object, plurals, signal));
  try {
    await resource.create(object, { signal });
  } catch (error) {
    if (!isReason(error, 'AlreadyExists')) throw error;
    // A strategic merge would take two protocols of one port for the same.
    const { name = '', namespace: within } = object.metadata;
    await resource.call({
      method: 'PATCH',
      name,
      ...(within === undefined ? {} : { namespace: within }),
      contentType: 'application/apply-patch+yaml',
      body: object,
      fieldManager: 'fairlead',
      force: true,
      signal,
    });
  }
}

/** Asks discovery, once for every group version. */
async function pluralOf(
  client: ClusterClient,
  object: KubeObject,
  plurals: Map<string, string>,
  signal: AbortSignal,
): Promise<string> {
  const key = (kind: string) => `${object.apiVersion} ${kind}`;
  const known = plurals.get(key(object.kind));
  if (known !== undefined) return known;
  const groupVersion = parseApiVersion(object.apiVersion);
  if (groupVersion === undefined) throw new Error(`bad apiVersion ${object.apiVersion}`);
  const answer = await client.request({ method: 'GET', path: apiRoot(groupVersion), signal });
  const list: unknown = JSON.parse(Buffer.concat(await answer.body.toArray({ signal })).toString());
  if (typeof list === 'object' && list !== null && 'resources' in list && Array.isArray(list.resources)) {
    for (const { name, kind } of list.resources) if (!name.includes('/')) plurals.set(key(kind), name);
  }
  const plural = plurals.get(key(object.kind));
  if (plural === undefined) throw new CommandError(`the cluster serves no ${object.kind} in ${object.apiVersion}`);
  return plural;
}

async function available(client: ClusterClient, signal: AbortSignal): Promise<void> {
  const deployments = client.resource<Deployment>('apps/v1', 'deployments');
  const list = await deployments.list({ namespace, signal });
  const waiting = new Set(list.items.filter((item) => !isAvailable(item)).map((item) => item.metadata?.name));
  const { resourceVersion } = list.metadata;
  if (waiting.size === 0) return;
  for await (const { object } of deployments.watch({
    namespace,
    signal,
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  })) {
    if (isAvailable(object)) waiting.delete(object.metadata?.name);
    if (waiting.size === 0) return;
  }
  throw new CommandError('the cluster ended the watch before the sample application was ready');
}

function isAvailable({ metadata, spec, status }: Deployment): boolean {
  return (
    status?.observedGeneration === metadata?.generation && (status?.availableReplicas ?? 0) >= (spec?.replicas ?? 1)
  );
}
