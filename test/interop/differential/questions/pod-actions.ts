/** Eviction and binding of Pods, the end of a Namespace, methods that bring nothing. */
import type { Question } from '../request.ts';
import { pods } from '../vocabulary.ts';

export const podActions: readonly Question[] = [
  {
    name: 'eviction of no Pod',
    method: 'POST',
    path: `${pods}/nothing/eviction`,
    body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'nothing' } },
  },
  {
    name: 'binding of no Pod',
    method: 'POST',
    path: `${pods}/nothing/binding`,
    body: { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'nothing' }, target: { kind: 'Node', name: 'other' } },
  },
  {
    name: 'binding to nothing',
    method: 'POST',
    path: `${pods}/plain/binding`,
    body: { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'plain' }, target: { kind: 'Node', name: '' } },
  },
  {
    name: 'binding',
    method: 'POST',
    path: `${pods}/plain/binding`,
    body: { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'plain' }, target: { kind: 'Node', name: 'other' } },
  },
  {
    name: 'binding again',
    method: 'POST',
    path: `${pods}/plain/binding`,
    body: { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'plain' }, target: { kind: 'Node', name: 'other' } },
  },
  {
    name: 'a Namespace of its own',
    method: 'POST',
    path: '/api/v1/namespaces',
    body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'diff-going' } },
  },
  { name: 'deletion of that Namespace', method: 'DELETE', path: '/api/v1/namespaces/diff-going' },
  { name: 'HEAD', method: 'HEAD', path: '/healthz' },
  { name: 'PUT to what is only read', method: 'PUT', path: '/version', body: {} },
];
