/** Get, list and watch. */
import type { Question } from '../request.ts';
import { continueOf, maps, pods, role, roles, table, versionOf } from '../vocabulary.ts';

export const reading: readonly Question[] = [
  { name: 'get', path: `${maps}/one` },
  { name: 'get of what is not there', path: `${maps}/nothing` },
  {
    name: 'get of metadata alone',
    path: `${maps}/one`,
    headers: { Accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io' },
  },
  {
    name: 'list of metadata alone',
    path: `${roles}`,
    headers: { Accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io' },
  },
  { name: 'get as XML', path: `${maps}/one`, headers: { Accept: 'text/xml' } },
  { name: 'get as anything', path: `${maps}/one`, headers: { Accept: '*/*' } },
  { name: 'get, pretty', path: `${maps}/one?pretty=true` },
  { name: 'list', path: roles },
  { name: 'list of a namespace that is not there', path: '/api/v1/namespaces/no-such/configmaps' },
  { name: 'list by label', path: `${maps}?labelSelector=${encodeURIComponent('a in (b),!c')}` },
  { name: 'list by a bad label selector', path: `${maps}?labelSelector=${encodeURIComponent('a in b')}` },
  { name: 'list by a bad label', path: `${maps}?labelSelector=${encodeURIComponent('a=b c')}` },
  { name: 'list by name', path: `${maps}?fieldSelector=metadata.name%3Done` },
  { name: 'list by a field that is no index', path: `${maps}?fieldSelector=data.a%3D1` },
  { name: 'list by a bad field selector', path: `${maps}?fieldSelector=metadata.name` },
  { name: 'list of Pods by field', path: `${pods}?fieldSelector=status.phase%3DRunning,spec.nodeName%3Dx` },
  ...[1, 2, 3, 4, 5].map(
    (n): Question => ({
      name: `a Role for the pages, ${n}`,
      method: 'POST',
      path: roles,
      body: role(`page-${n}`),
    }),
  ),
  { name: 'list, first page', path: `${roles}?limit=2` },
  {
    name: 'list, next page',
    path: (earlier) => `${roles}?limit=2&continue=${continueOf(earlier, 'list, first page')}`,
  },
  { name: 'list, a bad continue', path: `${maps}?limit=2&continue=abc` },
  {
    name: 'list, continue and resourceVersion',
    path: (earlier) => `${roles}?resourceVersion=5&continue=${continueOf(earlier, 'list, first page')}`,
  },
  { name: 'list, a bad limit', path: `${maps}?limit=abc` },
  { name: 'list, a negative limit', path: `${maps}?limit=-1`, select: () => undefined },
  { name: 'list, a bad resourceVersion', path: `${maps}?resourceVersion=abc` },
  { name: 'list, a match without resourceVersion', path: `${maps}?resourceVersionMatch=Exact` },
  { name: 'list, a bad match', path: `${maps}?resourceVersion=1&resourceVersionMatch=Nearly` },
  { name: 'list, exactly nothing', path: `${maps}?resourceVersion=0&resourceVersionMatch=Exact` },
  { name: 'list with initial events', path: `${maps}?sendInitialEvents=true` },
  { name: 'watch, a bad resourceVersion', path: `${maps}?watch=true&resourceVersion=abc` },
  { name: 'watch with initial events and no match', path: `${maps}?watch=true&sendInitialEvents=true` },
  { name: 'watch, a match without initial events', path: `${maps}?watch=true&resourceVersionMatch=NotOlderThan` },
  {
    name: 'watch, from a version',
    path: (earlier) => `${roles}?watch=true&timeoutSeconds=1&resourceVersion=${versionOf(earlier, 'create')}`,
  },
  {
    name: 'watch with initial events',
    path: `${roles}?watch=true&timeoutSeconds=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
  },
  { name: 'list, a version of the future', path: `${maps}?resourceVersion=99999999` },
  { name: 'watch with a bad timeout', path: `${maps}?watch=true&timeoutSeconds=abc` },
  { name: 'watch as a table', path: `${roles}?watch=true&timeoutSeconds=1`, headers: table },
];
