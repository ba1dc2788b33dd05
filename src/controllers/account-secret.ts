/**
 * Every service account has a Secret with a token of its own, as Kubernetes made them until 1.24. Runs only where that is asked for:
 * such tokens do not expire by themselves.
 */
import { isReason } from '../api/status.ts';
import type { Secret, ServiceAccount } from '../api/types/core-v1.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { isNamespaceTerminating, isNotFound, reconcileLoop } from './controller.ts';

const type = 'kubernetes.io/service-account-token';
const nameAnnotation = 'kubernetes.io/service-account.name';

export const accountSecretController: Controller = { name: 'account-secret', start };

function start(context: ControllerContext): void {
  const { client, informers, signal } = context;
  const accounts = informers.of<ServiceAccount>('v1', 'serviceaccounts');
  const secrets = informers.of<Secret>('v1', 'secrets', { fieldSelector: `type=${type}` });
  const secretClient = client.resource<Secret>('v1', 'secrets');
  const queue = reconcileLoop(context, { name: 'account-secret', needs: [accounts, secrets], process: reconcile });
  accounts.onChange((next) => {
    if (next !== undefined) queue.add(`${next.metadata.namespace}/${next.metadata.name}`);
  });
  secrets.onChange((next, previous) => {
    const account = previous?.metadata.annotations?.[nameAnnotation];
    if (next === undefined && account !== undefined) queue.add(`${previous?.metadata.namespace}/${account}`);
  });

  async function reconcile(key: string): Promise<void> {
    const account = accounts.get(key);
    if (account === undefined || account.metadata.deletionTimestamp !== undefined) return;
    const { namespace = '', name = '', uid = '' } = account.metadata;
    const own = secrets.byIndex('namespace', namespace);
    if (own.some(({ metadata }) => metadata.annotations?.[nameAnnotation] === name)) return;
    // A name that follows from the account: the cache may be behind, and there is to be one.
    const secret: Secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: `${name}-token-${uid.slice(0, 5)}`, namespace, annotations: { [nameAnnotation]: name } },
      type,
    };
    await secretClient.create(secret, { signal }).catch((error: unknown) => {
      if (!isReason(error, 'AlreadyExists') && !isNamespaceTerminating(error) && !isNotFound(error)) throw error;
    });
  }
}
