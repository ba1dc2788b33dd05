/** `Resource` over a `ResourceClient`: names of kinds, the default namespace, pages, watches that resume. */
import type { KubeObject } from '../api/object.ts';
import type { CallOptions, ResourceClient, WriteOptions } from './cluster-client.ts';
import type { ResourceSource } from './follow.ts';
import { openInformer } from './informer.ts';
import type { KindNames } from './kind-names.ts';
import { listing } from './listing.ts';
import type { ApplyOptions, InNamespace, PatchOptions, Resource, Subresource } from './resource.ts';
import { watchResource } from './watch-resource.ts';

export interface TypedResourceOptions<T extends KubeObject> {
  apiVersion: string;
  kind: string;
  /** Looked up when the first call needs it, for as long as that call's signal allows. */
  names: (signal: AbortSignal) => Promise<KindNames>;
  open: (plural: string) => ResourceClient<T>;
  defaultNamespace: string;
  onWarning: ((text: string) => void) | undefined;
  /** Told of failures that are tried again, where a watch or cache has no handler of its own. */
  onError: (error: unknown) => void;
  closed: AbortSignal;
}

const mergePatch = 'application/merge-patch+json';
const applyPatch = 'application/apply-patch+yaml';

export function typedResource<T extends KubeObject>(options: TypedResourceOptions<T>): Resource<T> {
  const { apiVersion, kind, names, open, defaultNamespace, onError, closed } = options;
  const warned = options.onWarning === undefined ? {} : { onWarning: options.onWarning };

  /** What goes on by itself must also end with the cluster. */
  const untilClosed = (signal: AbortSignal | undefined) =>
    signal === undefined ? closed : AbortSignal.any([signal, closed]);

  const client = async (signal = closed): Promise<ResourceClient<T>> => open((await names(signal)).plural);

  const sourceOf = (onWarning: CallOptions['onWarning']): ResourceSource<T> => {
    const heard = onWarning === undefined ? warned : { onWarning };
    return {
      list: async (query) => (await client(query?.signal)).list({ ...heard, ...query }),
      async *watch(query) {
        yield* (await client(query?.signal)).watch({ ...heard, ...query });
      },
    };
  };

  /** The client and the namespace of one object. */
  const at = async (
    namespace: string | undefined,
    { signal = closed }: CallOptions,
  ): Promise<[ResourceClient<T>, InNamespace]> => {
    const { plural, namespaced } = await names(signal);
    return [open(plural), namespaced ? { namespace: namespace || defaultNamespace } : {}];
  };

  const place = async (object: T, more: CallOptions): Promise<[ResourceClient<T>, T]> => {
    const [resource, inside] = await at(object.metadata.namespace, more);
    if (object.metadata.namespace === inside.namespace) return [resource, object];
    return [resource, { ...object, metadata: { ...object.metadata, ...inside } }];
  };

  const applyTo = async <Body>(
    target: InNamespace & { name: string; subresource?: string },
    body: object,
    rest: ApplyOptions,
  ): Promise<Body> => {
    const [resource, inside] = await at(target.namespace, rest);
    const contentType = applyPatch;
    return resource.call<Body>({ ...warned, ...rest, ...target, ...inside, method: 'PATCH', contentType, body });
  };

  const subresource = <Body, Created>(
    name: string,
    part: string,
    { namespace }: InNamespace = {},
  ): Subresource<Body, Created> => {
    const call = async <R>(
      method: 'GET' | 'POST' | 'PUT' | 'PATCH',
      more: WriteOptions & { body?: unknown; contentType?: string },
    ): Promise<R> => {
      const [resource, inside] = await at(namespace, more);
      return resource.call<R>({ ...warned, ...more, ...inside, method, name, subresource: part });
    };
    return {
      get: (more = {}) => call('GET', more),
      create: (body, more = {}) => call('POST', { ...more, body }),
      update: (body, more = {}) => call('PUT', { ...more, body }),
      patch: (patch, { type = mergePatch, ...more } = {}) => call('PATCH', { ...more, body: patch, contentType: type }),
      apply: (body, more) =>
        applyTo({ name, subresource: part, ...(namespace !== undefined && { namespace }) }, Object(body), more),
    };
  };

  return {
    apiVersion,
    kind,
    async get(name, { namespace, ...more } = {}) {
      const [resource, inside] = await at(namespace, more);
      return resource.get(name, { ...warned, ...more, ...inside });
    },
    list: (query = {}) => listing(sourceOf(query.onWarning), { signal: closed, ...query }),
    watch: ({ onWarning, ...query } = {}) =>
      watchResource(sourceOf(onWarning), { onError, ...query, signal: untilClosed(query.signal) }),
    async create(object, more = {}) {
      const [resource, placed] = await place(object, more);
      return resource.create(placed, { ...warned, ...more });
    },
    async update(object, more = {}) {
      const [resource, placed] = await place(object, more);
      return resource.update(placed, { ...warned, ...more });
    },
    async patch(name, patch, { type = mergePatch, namespace, ...more }: PatchOptions = {}) {
      const [resource, inside] = await at(namespace, more);
      return resource.patch(name, patch, { ...warned, ...more, ...inside, type });
    },
    async apply(object, more) {
      const { name = '', namespace } = object.metadata;
      if (name === '') throw new TypeError(`a ${kind} without a name cannot be applied`);
      return applyTo<T>({ name, ...(namespace !== undefined && { namespace }) }, object, more);
    },
    async delete(name, { namespace, ...more } = {}) {
      const [resource, inside] = await at(namespace, more);
      return resource.delete(name, { ...warned, ...more, ...inside });
    },
    async deleteCollection(selection) {
      const { plural, namespaced } = await names(selection.signal ?? closed);
      if (namespaced && !selection.namespace) {
        throw new TypeError(
          `name the namespace whose ${plural} are to be deleted: there is no request for all of them`,
        );
      }
      await open(plural).deleteCollection({ ...warned, ...selection });
    },
    subresource,
    informer({ namespace, labelSelector, fieldSelector, signal, onWarning, ...more } = {}) {
      const query = {
        ...(namespace !== undefined && { namespace }),
        ...(labelSelector !== undefined && { labelSelector }),
        ...(fieldSelector !== undefined && { fieldSelector }),
      };
      return openInformer<T>({
        initialEvents: true,
        onError,
        ...more,
        resource: sourceOf(onWarning),
        query,
        signal: untilClosed(signal),
      });
    },
  };
}
