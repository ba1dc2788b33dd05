/** Every operation that a set of resources serves, as plain data: both versions of OpenAPI are written from it. */
import type { GroupVersion, GroupVersionKind } from '../../api/group-version.ts';
import { apiRoot } from '../../api/group-version.ts';
import type { ResourceDefinition } from '../resources/resource.ts';
import type { VirtualResource } from '../resources/virtual-resource.ts';

export type Method = 'get' | 'put' | 'post' | 'delete' | 'patch';

export interface Parameter {
  name: string;
  type: 'string' | 'integer' | 'boolean';
}

export interface Operation {
  path: string;
  method: Method;
  id: string;
  /** `x-kubernetes-action`. */
  action: 'get' | 'list' | 'post' | 'put' | 'patch' | 'delete' | 'deletecollection';
  /** `x-kubernetes-group-version-kind`. */
  kind: GroupVersionKind;
  query: readonly Parameter[];
  /** The kind of the request's body; 'patch' for patches. */
  body?: GroupVersionKind | 'patch';
  /** The kind of the answer. */
  answer: GroupVersionKind;
  /** Status codes of success. */
  codes: readonly number[];
  tag: string;
}

const string = (name: string): Parameter => ({ name, type: 'string' });
const integer = (name: string): Parameter => ({ name, type: 'integer' });
const boolean = (name: string): Parameter => ({ name, type: 'boolean' });

const writeQuery = [string('dryRun'), string('fieldManager'), string('fieldValidation')];
const patchQuery = [...writeQuery, boolean('force')];
const deleteQuery = [
  string('dryRun'),
  integer('gracePeriodSeconds'),
  boolean('orphanDependents'),
  string('propagationPolicy'),
];
const listQuery = [
  boolean('allowWatchBookmarks'),
  string('continue'),
  string('fieldSelector'),
  string('labelSelector'),
  integer('limit'),
  string('resourceVersion'),
  string('resourceVersionMatch'),
  boolean('sendInitialEvents'),
  integer('timeoutSeconds'),
  boolean('watch'),
];
const deleteCollectionQuery = [
  ...deleteQuery,
  ...listQuery.filter(({ name }) => name !== 'watch' && name !== 'allowWatchBookmarks'),
];

const status: GroupVersionKind = { group: '', version: 'v1', kind: 'Status' };
const scale: GroupVersionKind = { group: 'autoscaling', version: 'v1', kind: 'Scale' };

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `rbac.authorization.k8s.io` becomes `RbacAuthorization`, the core group `Core`. */
function groupWords(group: string): string {
  return group === ''
    ? 'Core'
    : group
        .replace(/\.k8s\.io$/, '')
        .split('.')
        .map(capital)
        .join('');
}

interface Shape {
  verbs: ReadonlySet<string>;
  kind: GroupVersionKind;
  namespaced: boolean;
  /** `/api/v1/namespaces/{namespace}/pods`. */
  collection: string;
  /** `CoreV1`. */
  prefix: string;
  /** `NamespacedPod`. */
  noun: string;
  tag: string;
}

type Draft = Omit<Operation, 'tag' | 'kind'> & { kind?: GroupVersionKind };

function collectionOperations({ verbs, kind, collection, prefix, noun }: Shape): Draft[] {
  const list = { ...kind, kind: `${kind.kind}List` };
  const drafts: Draft[] = [];
  const at = { path: collection };
  if (verbs.has('list')) {
    drafts.push({
      ...at,
      method: 'get',
      id: `list${prefix}${noun}`,
      action: 'list',
      query: listQuery,
      answer: list,
      codes: [200],
    });
  }
  if (verbs.has('create')) {
    const codes = [200, 201, 202];
    drafts.push({
      ...at,
      method: 'post',
      id: `create${prefix}${noun}`,
      action: 'post',
      query: writeQuery,
      body: kind,
      answer: kind,
      codes,
    });
  }
  if (verbs.has('deletecollection')) {
    const id = `delete${prefix}Collection${noun}`;
    const body = { ...kind, kind: 'DeleteOptions' };
    drafts.push({
      ...at,
      method: 'delete',
      id,
      action: 'deletecollection',
      query: deleteCollectionQuery,
      body,
      answer: status,
      codes: [200],
    });
  }
  return drafts;
}

/** Get, put and patch of an object or of a subresource of it. */
function readWriteOperations(path: string, verbs: ReadonlySet<string>, kind: GroupVersionKind, name: string): Draft[] {
  const drafts: Draft[] = [];
  if (verbs.has('get')) {
    drafts.push({ path, method: 'get', id: `read${name}`, action: 'get', kind, query: [], answer: kind, codes: [200] });
  }
  if (verbs.has('update')) {
    const rest = { query: writeQuery, body: kind, answer: kind, codes: [200, 201] };
    drafts.push({ path, method: 'put', id: `replace${name}`, action: 'put', kind, ...rest });
  }
  if (verbs.has('patch')) {
    const rest = { query: patchQuery, body: 'patch' as const, answer: kind, codes: [200, 201] };
    drafts.push({ path, method: 'patch', id: `patch${name}`, action: 'patch', kind, ...rest });
  }
  return drafts;
}

function objectOperations({ verbs, kind, collection, prefix, noun }: Shape, definition: ResourceDefinition): Draft[] {
  const path = `${collection}/{name}`;
  const drafts = readWriteOperations(path, verbs, kind, `${prefix}${noun}`);
  if (verbs.has('delete')) {
    const body = { ...kind, kind: 'DeleteOptions' };
    drafts.push({
      path,
      method: 'delete',
      id: `delete${prefix}${noun}`,
      action: 'delete',
      query: deleteQuery,
      body,
      answer: status,
      codes: [200, 202],
    });
  }
  if (definition.statusSubresource) {
    drafts.push(...readWriteOperations(`${path}/status`, verbs, kind, `${prefix}${noun}Status`));
  }
  if (definition.scale !== undefined) {
    drafts.push(...readWriteOperations(`${path}/scale`, verbs, scale, `${prefix}${noun}Scale`));
  }
  return drafts;
}

const defaultVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

function tagOf({ group, version }: GroupVersion): string {
  const words = groupWords(group);
  return `${words.charAt(0).toLowerCase()}${words.slice(1)}_${version}`;
}

export function operationsOf(definition: ResourceDefinition): Operation[] {
  const { group, version, kind: kindName, plural, namespaced } = definition;
  const kind = { group, version, kind: kindName };
  const prefix = groupWords(group) + capital(version);
  const collection = `${apiRoot(definition)}${namespaced ? '/namespaces/{namespace}' : ''}/${plural}`;
  const noun = `${namespaced ? 'Namespaced' : ''}${kindName}`;
  const tag = tagOf(definition);
  const verbs = new Set(definition.verbs ?? defaultVerbs);
  const shape: Shape = { verbs, kind, namespaced, collection, prefix, noun, tag };
  const drafts = [...collectionOperations(shape), ...objectOperations(shape, definition)];
  if (namespaced && verbs.has('list')) {
    const id = `list${prefix}${kindName}ForAllNamespaces`;
    const answer = { ...kind, kind: `${kindName}List` };
    const path = `${apiRoot(definition)}/${plural}`;
    drafts.push({ path, method: 'get', id, action: 'list', query: listQuery, answer, codes: [200] });
  }
  return drafts.map((draft) => ({ ...draft, kind: draft.kind ?? kind, tag }));
}

export function virtualOperation(resource: VirtualResource): Operation {
  const { group, plural, namespaced, subresource, objectKind: kind } = resource;
  const path = `${apiRoot(resource)}${namespaced ? '/namespaces/{namespace}' : ''}/${plural}`;
  const noun = `${namespaced ? 'Namespaced' : ''}${subresource === undefined ? '' : capital(resource.singular)}${kind.kind}`;
  return {
    path: subresource === undefined ? path : `${path}/{name}/${subresource}`,
    method: 'post',
    id: `create${groupWords(group)}${capital(resource.version)}${noun}`,
    action: 'post',
    kind,
    query: writeQuery,
    body: kind,
    answer: kind,
    codes: [200, 201, 202],
    tag: tagOf(resource),
  };
}
