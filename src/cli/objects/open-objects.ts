/** What commands need that act on objects of any kind: who is chosen, and requests about them. */

import { formatApiVersion } from '../../api/group-version.ts';
import type { UnstructuredObject } from '../../api/object.ts';
import { isReason, type Status } from '../../api/status.ts';
import type { CallOptions, DeleteOptions, ResourceCall, ResourceClient } from '../../client/cluster-client.ts';
import { type ApiReader, openApiReader } from '../api-reader.ts';
import type { Invocation } from '../command.ts';
import { discoverTypes, type ResourceType, type ResourceTypes } from '../get/resource-types.ts';
import { type Selecting, type Selection, selectSomeTargets, selectTargets, type Target } from './select-targets.ts';

export interface Objects extends AsyncDisposable {
  readonly reader: ApiReader;
  readonly types: ResourceTypes;
  /** Prints a warning of the server once, as kubectl does. */
  warn(text: string): void;
  /** Throws for the first object of a file that cannot be. */
  select(words: readonly string[], choice: Selecting): Promise<Target[]>;
  /** For commands that go on with the other objects. */
  selectSome(words: readonly string[], choice: Selecting): Promise<Selection>;
  resource(type: ResourceType): ResourceClient<UnstructuredObject>;
  /** A request about one object; its warnings are printed. */
  call(target: Target, call: Omit<ResourceCall, 'namespace' | 'name'>): Promise<UnstructuredObject>;
  /** As the server has it; what a selector already brought is not asked for again. */
  read(target: Target): Promise<UnstructuredObject>;
  /** The same, asked for in any case; undefined where it is not there. */
  readIfThere(target: Target): Promise<UnstructuredObject | undefined>;
  delete(target: Target, options: DeleteOptions & CallOptions): Promise<UnstructuredObject | Status>;
}

export async function openObjects(invocation: Pick<Invocation, 'globals' | 'io' | 'signal'>): Promise<Objects> {
  const { io, signal, globals } = invocation;
  const reader = await openApiReader(invocation);
  const types = discoverTypes(reader);
  const onWarning = reader.warn;
  const resource = (type: ResourceType) =>
    reader.client.resource<UnstructuredObject>(formatApiVersion(type), type.plural);
  const inNamespace = ({ namespace }: Target) => (namespace === undefined ? {} : { namespace });
  const call: Objects['call'] = (target, rest) =>
    resource(target.type).call<UnstructuredObject>({
      onWarning,
      signal,
      ...rest,
      ...inNamespace(target),
      ...(rest.method !== 'POST' || rest.subresource !== undefined ? { name: target.name } : {}),
    });
  const selectContext = { reader, types, io, signal, namespaceGiven: globals.namespace !== undefined };
  return {
    reader,
    types,
    warn: onWarning,
    select: (words, choice) => selectTargets(words, choice, selectContext),
    selectSome: (words, choice) => selectSomeTargets(words, choice, selectContext),
    resource,
    call,
    read: async (target) =>
      target.source === undefined && target.object !== undefined ? target.object : call(target, { method: 'GET' }),
    async readIfThere(target) {
      try {
        return await call(target, { method: 'GET' });
      } catch (error) {
        if (isReason(error, 'NotFound')) return undefined;
        throw error;
      }
    },
    delete: (target, options) =>
      resource(target.type).delete(target.name, { onWarning, signal, ...options, ...inNamespace(target) }),
    [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
  };
}
