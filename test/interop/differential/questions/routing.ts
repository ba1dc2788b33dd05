/** Paths that are not there, methods that do not fit, and who may ask. */
import type { Question } from '../request.ts';
import { deployments, map, maps, pods } from '../vocabulary.ts';

export const routing: readonly Question[] = [
  { name: 'no such resource', path: '/api/v1/namespaces/diff/widgets' },
  { name: 'no such group', path: '/apis/example.test/v1/widgets' },
  { name: 'no such version', path: '/apis/apps/v9/deployments' },
  { name: 'no such path', path: '/nothing' },
  { name: 'no such subresource', path: `${maps}/one/nothing` },
  { name: 'POST to an object', method: 'POST', path: `${maps}/one`, body: map('one') },
  { name: 'PUT to a collection', method: 'PUT', path: maps, body: map('one') },
  { name: 'DELETE of all Pods of the cluster', method: 'DELETE', path: '/api/v1/pods' },
  { name: 'POST to all namespaces', method: 'POST', path: '/api/v1/configmaps', body: map('x') },
  { name: 'a bad token', path: maps, headers: { Authorization: 'Bearer wrong' } },
  { name: 'no token', path: maps, headers: { Authorization: '' } },
  { name: 'nobody reads', path: maps, headers: { Authorization: 'Bearer nobody-token' } },
  {
    name: 'nobody deletes one',
    method: 'DELETE',
    path: `${deployments}/app`,
    headers: { Authorization: 'Bearer nobody-token' },
  },
  { name: 'nobody reads a subresource', path: `${pods}/plain/log`, headers: { Authorization: 'Bearer nobody-token' } },
  { name: 'nobody reads a path', path: '/metrics', headers: { Authorization: 'Bearer nobody-token' } },
  { name: 'nobody reads cluster-wide', path: '/api/v1/nodes', headers: { Authorization: 'Bearer nobody-token' } },
  { name: 'healthz', path: '/healthz' },
  { name: 'readyz', path: '/readyz' },
  { name: 'a log of no Pod', path: `${pods}/nothing/log` },
];
