/**
 * Secrets of type `kubernetes.io/service-account-token` get what they were made for: a token of the account that their annotation
 * names, the authority and the namespace. They go with their account. After `pkg/controller/serviceaccount/tokens_controller.go`,
 * but by the TokenRequest API: the token is bound to the Secret, and ends with it.
 */
import { isReason } from '../api/status.ts';
import type { TokenRequest } from '../api/types/authentication-v1.ts';
import type { Secret, ServiceAccount } from '../api/types/core-v1.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { isNotFound, reconcileLoop } from './controller.ts';

const type = 'kubernetes.io/service-account-token';
const nameAnnotation = 'kubernetes.io/service-account.name';
const uidAnnotation = 'kubernetes.io/service-account.uid';
/** The longest that TokenRequest grants: such tokens are meant to last as long as their Secret. */
const longestSeconds = 2 ** 32;

export const serviceAccountTokenController: Controller = { name: 'serviceaccount-token', start };

function start(context: ControllerContext): void {
  const { client, informers, signal, caPem } = context;
  const secrets = informers.of<Secret>('v1', 'secrets', { fieldSelector: `type=${type}` });
  const accounts = informers.of<ServiceAccount>('v1', 'serviceaccounts');
  const secretClient = client.resource<Secret>('v1', 'secrets');
  const accountClient = client.resource<ServiceAccount>('v1', 'serviceaccounts');
  const queue = reconcileLoop(context, {
    name: 'serviceaccount-token',
    needs: [secrets, accounts],
    process: reconcile,
  });
  secrets.onChange((next) => {
    if (next !== undefined) queue.add(`${next.metadata.namespace}/${next.metadata.name}`);
  });
  accounts.onChange((next, previous) => {
    const { namespace = '', name } = (next ?? previous)?.metadata ?? {};
    if (next !== undefined && next.metadata.uid === previous?.metadata.uid) return;
    for (const secret of secrets.byIndex('namespace', namespace)) {
      if (secret.metadata.annotations?.[nameAnnotation] === name) queue.add(`${namespace}/${secret.metadata.name}`);
    }
  });

  async function reconcile(key: string): Promise<void> {
    const secret = secrets.get(key);
    if (secret === undefined || secret.metadata.deletionTimestamp !== undefined) return;
    const { namespace = '', name = '', uid = '', annotations = {} } = secret.metadata;
    const account = await find(namespace, annotations[nameAnnotation] ?? '');
    const accountUid = account?.metadata.uid ?? '';
    const boundTo = annotations[uidAnnotation] ?? accountUid;
    if (account === undefined || boundTo !== accountUid) {
      await secretClient
        .delete(name, { namespace, signal, preconditions: { uid } })
        .catch((error: unknown) => ignoreUnless(!isNotFound(error) && !isReason(error, 'Conflict'), error));
      return;
    }
    const { token = '', ...data } = secret.data ?? {};
    const wanted = { 'ca.crt': base64(caPem), namespace: base64(namespace) };
    const isFilled = Object.entries(wanted).every(([field, value]) => data[field] === value);
    if (token !== '' && isFilled && annotations[uidAnnotation] === accountUid) return;
    const given = token === '' ? base64(await tokenFor(namespace, account, { name, uid })) : token;
    const metadata = { ...secret.metadata, annotations: { ...annotations, [uidAnnotation]: accountUid } };
    await secretClient
      .update({ ...secret, metadata, data: { ...data, ...wanted, token: given } }, { signal })
      .catch((error: unknown) => ignoreUnless(!isNotFound(error), error));
  }

  /** Asked for anew where the cache has none: a Secret may be made together with its account. */
  async function find(namespace: string, name: string): Promise<ServiceAccount | undefined> {
    const known = accounts.get(`${namespace}/${name}`);
    if (known !== undefined || name === '') return known;
    try {
      return await accountClient.get(name, { namespace, signal });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async function tokenFor(
    namespace: string,
    account: ServiceAccount,
    secret: { name: string; uid: string },
  ): Promise<string> {
    const boundObjectRef = { apiVersion: 'v1', kind: 'Secret', ...secret };
    const request = await accountClient.call<TokenRequest>({
      method: 'POST',
      namespace,
      name: account.metadata.name ?? '',
      subresource: 'token',
      body: {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        metadata: {},
        spec: { audiences: [], expirationSeconds: longestSeconds, boundObjectRef },
      },
      signal,
    });
    return request.status?.token ?? '';
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function ignoreUnless(isTrouble: boolean, error: unknown): void {
  if (isTrouble) throw error;
}
