/** The last step of the pipeline: from what a request is about to the function that answers it. */
import { methodNotSupported, StatusError } from '../api/status.ts';
import type { Exchange } from './exchange.ts';
import type { Handler } from './filters/filter.ts';
import type { ServedResource } from './served-resource.ts';
import { create } from './verbs/create.ts';
import { get } from './verbs/get.ts';
import { list } from './verbs/list.ts';
import type { ApiContext, Verb } from './verbs/verb.ts';
import { watch } from './verbs/watch.ts';

const VERBS: Readonly<Record<string, Verb>> = { get, list, watch, create };

/** 404 for a path that nothing answers, as kube-apiserver has it. */
export function pathNotFound(): StatusError {
  return new StatusError({
    code: 404,
    reason: 'NotFound',
    message: 'the server could not find the requested resource',
    details: {},
  });
}

export function dispatchTo(api: ApiContext): Handler {
  return async (exchange) => {
    const { info } = exchange;
    const served = api.resources.find(info.group, info.version, info.resource);
    if (served === undefined) throw pathNotFound();
    const verb = VERBS[info.verb];
    if (verb === undefined || !served.verbs.includes(info.verb)) throw methodNotSupported(served.resource, info.verb);
    return verb({ api, exchange, served, namespace: namespaceOf(exchange, served), name: info.name });
  };
}

/** Throws 404 for a namespace before a kind that has none, 400 for a single object of a namespaced kind without one. */
function namespaceOf({ info }: Exchange, { definition }: ServedResource): string {
  if (!definition.namespaced) {
    if (info.namespace !== '' && definition.plural !== 'namespaces') throw pathNotFound();
    return '';
  }
  if (info.namespace === '' && !(info.verb === 'list' || info.verb === 'watch')) throw pathNotFound();
  return info.namespace;
}
