/** What the user may do on the way, asked one by one. */
import { StatusError } from '../../../api/status.ts';
import type { ResourceAttributes, SelfSubjectAccessReview } from '../../../api/types/authorization-v1.ts';
import type { ClusterClient } from '../../../client/cluster-client.ts';
import { kubectlFor } from '../../../ui/command-line.ts';
import { failed, note, type OpenedCluster, type Outcome, ok, skipped } from '../check.ts';

interface Right {
  says: string;
  attributes: ResourceAttributes;
}

const rights = {
  getService: { says: 'get services', attributes: { verb: 'get', resource: 'services' } },
  listServices: { says: 'list services', attributes: { verb: 'list', resource: 'services' } },
  listSlices: {
    says: 'list endpointslices',
    attributes: { verb: 'list', group: 'discovery.k8s.io', resource: 'endpointslices' },
  },
  listPods: { says: 'list pods', attributes: { verb: 'list', resource: 'pods' } },
  forward: {
    says: 'create pods/portforward',
    attributes: { verb: 'create', resource: 'pods', subresource: 'portforward' },
  },
  proxy: { says: 'get services/proxy', attributes: { verb: 'get', resource: 'services', subresource: 'proxy' } },
} as const satisfies Readonly<Record<string, Right>>;

export async function checkRights(
  { client, name }: OpenedCluster,
  namespace: string,
  signal: AbortSignal,
): Promise<Outcome> {
  const entries = Object.entries(rights);
  let answers: readonly (readonly [string, boolean])[];
  try {
    answers = await Promise.all(
      entries.map(
        async ([key, { attributes }]) => [key, await mayI(client, { ...attributes, namespace }, signal)] as const,
      ),
    );
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    return skipped(`what you may do is not told: ${error.message}`);
  }
  const may = new Map(answers);
  const missing = entries.flatMap(([key, { says }]) => (may.get(key) === true ? [] : [says]));
  const where = `in the namespace "${namespace}"`;
  if (missing.length === 0) return ok(`all that is needed ${where}: ${entries.map(([, { says }]) => says).join(', ')}`);
  const ask = (role: string, grants: string): string =>
    `${kubectlFor(name) ?? 'kubectl'} -n ${namespace} create role ${role} ${grants} # and a rolebinding to you, by whoever may`;
  if (may.get('getService') !== true && may.get('listPods') !== true)
    return failed(
      `you may see neither services nor pods ${where} (${missing.join(', ')} are refused)`,
      ask('reach', '--verb=get,list,watch --resource=services,endpointslices,pods'),
    );
  if (may.get('forward') !== true && may.get('proxy') !== true)
    return failed(
      `no way leads in: you may neither create pods/portforward nor get services/proxy ${where}`,
      ask('reach', '--verb=create --resource=pods/portforward'),
    );
  const less = may.get('forward') === true ? 'the rest is done without' : 'only HTTP gets through, by the proxy verb';
  return note(`you may not ${missing.join(', ')} ${where}; ${less}`);
}

/** Rejects with StatusError where the server has no such review. */
export async function mayI(
  client: ClusterClient,
  resourceAttributes: ResourceAttributes,
  signal: AbortSignal,
): Promise<boolean> {
  const review = await client
    .resource<SelfSubjectAccessReview>('authorization.k8s.io/v1', 'selfsubjectaccessreviews')
    .create(
      {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        metadata: {},
        spec: { resourceAttributes },
      },
      { signal },
    );
  return review.status?.allowed === true;
}
