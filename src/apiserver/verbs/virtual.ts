/** Create-only kinds that are answered and never stored. */

import type { GroupResource } from '../../api/group-version.ts';
import type { KubeObject } from '../../api/object.ts';
import { internalError, methodNotSupported } from '../../api/status.ts';
import { cloneJson } from '../../lib/clone-json.ts';
import { sendObject } from '../answer.ts';
import type { Exchange } from '../exchange.ts';
import { negotiate } from '../negotiate.ts';
import type { VirtualRequest, VirtualResource } from '../resources/virtual-resource.ts';
import type { ServedResource } from '../served-resource.ts';
import { changeStored } from './change.ts';
import { decodeObject } from './decode.ts';
import { parseDeleteOptions } from './delete-options.ts';
import { matchNamespace } from './object-meta.ts';
import { checkParameters, readDryRun } from './parameters.ts';
import { removeStored } from './removal.ts';
import type { ApiContext } from './verb.ts';

/** POST of a review, a token request, a binding. */
export async function createVirtual(api: ApiContext, exchange: Exchange, virtual: VirtualResource): Promise<void> {
  const { info, query, user } = exchange;
  const { group, plural, subresource, namespaced } = virtual;
  if (info.verb !== 'create') {
    const resource = subresource === undefined ? plural : `${plural}/${subresource}`;
    throw methodNotSupported({ group, resource }, info.verb);
  }
  checkParameters(exchange, ['dryRun', 'fieldManager', 'fieldValidation']);
  const form = negotiate(exchange.request.headers.accept);
  const dryRun = readDryRun(query.getAll('dryRun'), 'CreateOptions');
  const object = await decodeObject(exchange, virtual.objectKind, 'CreateOptions');
  const namespace = namespaced ? info.namespace : '';
  matchNamespace(object, namespace);
  const context = { namespace, name: info.name, object, user, now: api.now(), dryRun };
  const answer = await virtual.create({ ...context, ...storeAccess(api, exchange, dryRun) });
  await sendObject(exchange, 201, answer, form);
}

function storeAccess(
  api: ApiContext,
  { user, info }: Exchange,
  dryRun: boolean,
): Pick<VirtualRequest, 'change' | 'remove'> {
  return {
    async change<T extends KubeObject>(
      resource: GroupResource,
      namespace: string,
      name: string,
      change: (object: T) => void,
    ): Promise<T> {
      const { object } = await changeStored({
        api,
        served: servedOf(api, resource),
        namespace,
        name,
        user,
        dryRun,
        subresource: info.subresource,
        part: 'unchecked',
        want(current) {
          const next = cloneJson(current.object) as T;
          change(next);
          return next;
        },
      });
      return object as T;
    },
    async remove(resource, namespace, name, options) {
      const parsed = parseDeleteOptions(options, new URLSearchParams(dryRun ? { dryRun: 'All' } : {}));
      await removeStored({ api, served: servedOf(api, resource), namespace, name, user, options: parsed });
    },
  };
}

function servedOf(api: ApiContext, resource: GroupResource): ServedResource {
  const served = api.resources.findResource(resource);
  if (served === undefined) throw internalError(`${resource.resource} is not served here`);
  return served;
}
