/** The last step of the pipeline: from what a request is about to the function that answers it. */
import { badRequest, methodNotSupported, StatusError } from '../api/status.ts';
import type { Connector, ObjectReader } from './connect/connector.ts';
import { connectSubresources } from './connect-subresources.ts';
import type { PathHandler } from './discovery/route.ts';
import type { Exchange } from './exchange.ts';
import type { Handler } from './filters/filter.ts';
import type { VirtualResource } from './resources/virtual-resource.ts';
import type { ServedResource } from './served-resource.ts';
import { connectTo } from './verbs/connect.ts';
import { create } from './verbs/create.ts';
import { remove } from './verbs/delete.ts';
import { removeCollection } from './verbs/delete-collection.ts';
import type { Facet } from './verbs/facet.ts';
import { facetOf } from './verbs/facet.ts';
import { get } from './verbs/get.ts';
import { list } from './verbs/list.ts';
import { patch } from './verbs/patch.ts';
import { update } from './verbs/update.ts';
import type { ApiContext, Verb, VerbCall } from './verbs/verb.ts';
import { createVirtual } from './verbs/virtual.ts';
import { watch } from './verbs/watch.ts';

const COLLECTION_VERBS: Readonly<Record<string, Verb>> = { list, watch, create, deletecollection: removeCollection };

/** What can be asked of a namespaced kind without saying in which. */
const ACROSS_NAMESPACES: ReadonlySet<string> = new Set(['list', 'watch']);

/** 404 for a path that nothing answers, as kube-apiserver has it. */
export function pathNotFound(): StatusError {
  return new StatusError({
    code: 404,
    reason: 'NotFound',
    message: 'the server could not find the requested resource',
    details: {},
  });
}

export interface Destinations {
  api: ApiContext;
  /** What connectors look objects up in. */
  store: ObjectReader;
  virtual: readonly VirtualResource[];
  /** Absent: nothing can be connected to, and such requests are 404. */
  connect: Connector | undefined;
  /** Asked one after the other for what is no resource. */
  routes: readonly PathHandler[];
}

export function dispatchTo({ api, store, virtual, connect, routes }: Destinations): Handler {
  const virtualByPath = new Map(
    virtual.map((one) => [`${one.group}/${one.version}/${one.plural}/${one.subresource ?? ''}`, one]),
  );
  return async (exchange) => {
    const { info } = exchange;
    if (!info.isResourceRequest) return dispatchPath(exchange, routes);
    const connectSubresource = info.group === '' ? connectSubresources[info.resource]?.[info.subresource] : undefined;
    if (connectSubresource !== undefined && connect !== undefined && info.version === 'v1' && info.name !== '') {
      return connectTo(exchange, connectSubresource, connect, store);
    }
    if (exchange.upgrade !== undefined && info.verb !== 'watch') throw notUpgradable();
    const answersItself = virtualByPath.get(`${info.group}/${info.version}/${info.resource}/${info.subresource}`);
    if (answersItself !== undefined) return createVirtual(api, exchange, answersItself);
    return dispatchResource(api, exchange);
  };
}

async function dispatchPath(exchange: Exchange, routes: readonly PathHandler[]): Promise<void> {
  if (exchange.upgrade !== undefined) throw notUpgradable();
  for (const route of routes) {
    const answer = route(exchange);
    if (answer !== undefined) return answer;
  }
  throw pathNotFound();
}

async function dispatchResource(api: ApiContext, exchange: Exchange): Promise<void> {
  const { info } = exchange;
  const served = api.resources.find(info.group, info.version, info.resource);
  if (served === undefined) throw pathNotFound();
  const { deprecation } = served.definition;
  if (deprecation !== undefined) exchange.warnings.push(deprecation);
  const call: VerbCall = { api, exchange, served, namespace: namespaceOf(exchange, served), name: info.name };
  const { verb, subresource } = info;
  if (call.namespace === '' && served.definition.namespaced && !ACROSS_NAMESPACES.has(verb)) throw notAllowed(exchange);
  const onCollection = subresource === '' ? COLLECTION_VERBS[verb] : undefined;
  if (onCollection !== undefined && served.verbs.includes(verb) && (verb !== 'create' || info.name === '')) {
    return onCollection(call);
  }
  const facet = facetOf(served, subresource);
  if (facet === undefined) throw pathNotFound();
  if (info.name === '' || !facet.verbs.includes(verb)) throw notAllowed(exchange);
  return onObject(call, facet);
}

function onObject(call: VerbCall, facet: Facet): Promise<void> {
  switch (call.exchange.info.verb) {
    case 'get':
      return get(call, facet);
    case 'update':
      return update(call, facet);
    case 'patch':
      return patch(call, facet);
    case 'delete':
      return remove(call);
    default:
      throw notAllowed(call.exchange);
  }
}

function notUpgradable(): StatusError {
  return badRequest('this request cannot be upgraded to another protocol');
}

function notAllowed({ info }: Exchange): StatusError {
  const resource = info.subresource === '' ? info.resource : `${info.resource}/${info.subresource}`;
  return methodNotSupported({ group: info.group, resource }, info.verb === '' ? 'this HTTP method' : info.verb);
}

/** Throws 404 for a namespace before a kind that has none, 400 for a single object of a namespaced kind without one. */
function namespaceOf({ info }: Exchange, { definition }: ServedResource): string {
  if (!definition.namespaced) {
    if (info.namespace !== '' && definition.plural !== 'namespaces') throw pathNotFound();
    return '';
  }
  if (info.namespace === '' && info.name !== '' && info.verb !== 'list' && info.verb !== 'watch') throw pathNotFound();
  return info.namespace;
}
