/** Deletion: preconditions, finalizers, propagation. */
import type { Question } from '../request.ts';
import { deployments, leases, map, maps, merge, pods, roles, services } from '../vocabulary.ts';

export const deletion: readonly Question[] = [
  { name: 'delete with another uid', method: 'DELETE', path: `${maps}/one`, body: { preconditions: { uid: 'other' } } },
  {
    name: 'delete with another resourceVersion',
    method: 'DELETE',
    path: `${maps}/one`,
    body: { preconditions: { resourceVersion: '1' } },
  },
  { name: 'delete by a bad propagation', method: 'DELETE', path: `${maps}/one?propagationPolicy=Sideways` },
  {
    name: 'delete, orphans twice',
    method: 'DELETE',
    path: `${maps}/one?orphanDependents=true&propagationPolicy=Foreground`,
  },
  { name: 'delete with bad options', method: 'DELETE', path: `${maps}/one`, body: { gracePeriodSeconds: 'abc' } },
  {
    name: 'delete with options of another kind',
    method: 'DELETE',
    path: `${maps}/one`,
    body: { kind: 'ConfigMap', apiVersion: 'v1' },
  },
  { name: 'delete in dry run', method: 'DELETE', path: `${maps}/one?dryRun=All` },
  { name: 'delete', method: 'DELETE', path: `${maps}/one` },
  { name: 'delete again', method: 'DELETE', path: `${maps}/one` },
  { name: 'delete of a Role', method: 'DELETE', path: `${roles}/reader` },
  {
    name: 'a ConfigMap with a finalizer',
    method: 'POST',
    path: maps,
    body: map('held', { metadata: { name: 'held', finalizers: ['example.test/hold'] } }),
  },
  { name: 'delete of what is held', method: 'DELETE', path: `${maps}/held` },
  {
    name: 'a new finalizer on what is going',
    method: 'PATCH',
    path: `${maps}/held`,
    headers: merge,
    body: { metadata: { finalizers: ['example.test/hold', 'example.test/more'] } },
  },
  {
    name: 'the last finalizer goes',
    method: 'PATCH',
    path: `${maps}/held`,
    headers: merge,
    body: { metadata: { finalizers: [] } },
  },
  {
    name: 'a bad finalizer',
    method: 'POST',
    path: maps,
    body: map('x', { metadata: { name: 'x', finalizers: ['hold'] } }),
  },
  { name: 'delete of a Pod', method: 'DELETE', path: `${pods}/plain` },
  { name: 'delete of a Service', method: 'DELETE', path: `${services}/headless` },
  { name: 'delete of a collection', method: 'DELETE', path: `${leases}?labelSelector=no%3Dsuch` },
  {
    name: 'delete of a Deployment, orphaning',
    method: 'DELETE',
    path: `${deployments}/nothing?propagationPolicy=Orphan`,
  },
];
