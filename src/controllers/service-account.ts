/** Every namespace has a ServiceAccount `default` and the ConfigMap `kube-root-ca.crt`, which pods mount. */
import type { KubeObject } from '../api/object.ts';
import { isReason } from '../api/status.ts';
import type { ConfigMap, Namespace, ServiceAccount } from '../api/types/core-v1.ts';
import type { Informer } from '../client/cluster-client.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { isNamespaceTerminating, isNotFound, reconcileLoop } from './controller.ts';

const accountName = 'default';
const rootCaName = 'kube-root-ca.crt';

export const serviceAccountController: Controller = { name: 'serviceaccount', start };

function start(context: ControllerContext): void {
  const { client, informers, signal, caPem } = context;
  const namespaces = informers.of<Namespace>('v1', 'namespaces');
  const accounts = informers.of<ServiceAccount>('v1', 'serviceaccounts');
  const rootCas = informers.of<ConfigMap>('v1', 'configmaps', { fieldSelector: `metadata.name=${rootCaName}` });
  const accountClient = client.resource<ServiceAccount>('v1', 'serviceaccounts');
  const configMapClient = client.resource<ConfigMap>('v1', 'configmaps');
  const queue = reconcileLoop(context, {
    name: 'serviceaccount',
    needs: [namespaces, accounts, rootCas],
    process: reconcile,
  });
  namespaces.onChange((next) => {
    if (next !== undefined) queue.add(next.metadata.name ?? '');
  });
  watchOnly(accounts, accountName);
  watchOnly(rootCas, rootCaName);

  function watchOnly(informer: Pick<Informer<KubeObject>, 'onChange'>, name: string): void {
    informer.onChange((next, previous) => {
      const { metadata } = next ?? previous ?? {};
      if (metadata?.name === name) queue.add(metadata.namespace ?? '');
    });
  }

  async function reconcile(namespace: string): Promise<void> {
    const found = namespaces.get(namespace);
    if (found === undefined || found.metadata.deletionTimestamp !== undefined || found.status?.phase === 'Terminating')
      return;
    if (accounts.get(`${namespace}/${accountName}`) === undefined) {
      const account: ServiceAccount = {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: accountName, namespace },
      };
      await accountClient.create(account, { signal }).catch(unlessThere);
    }
    const data = { 'ca.crt': caPem };
    const rootCa = rootCas.get(`${namespace}/${rootCaName}`);
    if (rootCa === undefined) {
      const metadata = { name: rootCaName, namespace };
      await configMapClient
        .create({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data }, { signal })
        .catch(unlessThere);
    } else if (rootCa.data?.['ca.crt'] !== caPem) {
      await configMapClient.update({ ...rootCa, data }, { signal }).catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
    }
  }
}

function unlessThere(error: unknown): void {
  if (isReason(error, 'AlreadyExists') || isNamespaceTerminating(error) || isNotFound(error)) return;
  throw error;
}
