/** Acting as somebody else: as whom, with which rights, and who may not. */
import type { Question } from '../request.ts';
import { maps, pods } from '../vocabulary.ts';

const nobody = { Authorization: 'Bearer nobody-token' };
const whoAmI = '/apis/authentication.k8s.io/v1/selfsubjectreviews';

function asWhom(name: string, headers: Question['headers']): Question {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
  return { name, method: 'POST', path: whoAmI, body, headers: headers ?? {}, select: userOrRefusal };
}

function userOrRefusal(body: unknown): unknown {
  const { status } = body as { status?: { userInfo?: unknown } };
  return status?.userInfo ?? body;
}

export const impersonation: readonly Question[] = [
  // first: once a sender was allowed something in one mode, kube-apiserver tries that mode before the others
  asWhom('as a node', { 'Impersonate-User': 'system:node:n1' }),
  asWhom('as a user', { 'Impersonate-User': 'ann' }),
  asWhom('as a user of a group with a uid', {
    'Impersonate-User': 'ann',
    'Impersonate-Group': 'devs',
    'Impersonate-Uid': 'u-1',
  }),
  asWhom('as a user with extras', {
    'Impersonate-User': 'ann',
    'Impersonate-Extra-Acme.io%2fScope': 'read',
    'Impersonate-Extra-Plain': 'yes',
  }),
  asWhom('as an authenticated user', { 'Impersonate-User': 'ann', 'Impersonate-Group': 'system:authenticated' }),
  asWhom('as an unauthenticated user', { 'Impersonate-User': 'ann', 'Impersonate-Group': 'system:unauthenticated' }),
  asWhom('as nobody', { 'Impersonate-User': 'system:anonymous' }),
  asWhom('as a service account', { 'Impersonate-User': 'system:serviceaccount:diff:default' }),
  asWhom('as what is no service account', { 'Impersonate-User': 'system:serviceaccount:diff' }),
  asWhom('as a service account of a group', {
    'Impersonate-User': 'system:serviceaccount:diff:default',
    'Impersonate-Group': 'devs',
  }),
  asWhom('as an administrator', { 'Impersonate-User': 'root', 'Impersonate-Group': 'system:masters' }),
  asWhom('as a user of no name', { 'Impersonate-User': '' }),
  asWhom('as a group alone', { 'Impersonate-Group': 'devs' }),
  asWhom('as a uid alone', { 'Impersonate-Uid': 'u-1' }),
  asWhom('as an extra alone', { 'Impersonate-Extra-Scope': 'read' }),
  { name: 'a user acted as has no rights', path: maps, headers: { 'Impersonate-User': 'ann' } },
  asWhom('nobody acts as a user', { ...nobody, 'Impersonate-User': 'ann' }),
  asWhom('nobody acts as a service account', { ...nobody, 'Impersonate-User': 'system:serviceaccount:diff:default' }),
  asWhom('nobody acts as a node', { ...nobody, 'Impersonate-User': 'system:node:n1' }),
  asWhom('nobody acts as an administrator', {
    ...nobody,
    'Impersonate-User': 'root',
    'Impersonate-Group': 'system:masters',
  }),
  { name: 'nobody reads as a user', path: pods, headers: { ...nobody, 'Impersonate-User': 'ann' } },
  { name: 'nobody reads a path as a user', path: '/metrics', headers: { ...nobody, 'Impersonate-User': 'ann' } },
];
