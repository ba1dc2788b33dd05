/** Reviews: who may what, and who is who. */
import type { Question } from '../request.ts';

const authorization = '/apis/authorization.k8s.io/v1';
const review = (spec: object): object => ({ apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec });

export const access: readonly Question[] = [
  {
    name: 'may nobody',
    method: 'POST',
    path: `${authorization}/subjectaccessreviews`,
    body: review({ user: 'nobody', resourceAttributes: { verb: 'get', resource: 'pods', namespace: 'diff' } }),
  },
  {
    name: 'may the group',
    method: 'POST',
    path: `${authorization}/subjectaccessreviews`,
    body: review({ user: 'x', groups: ['devs'], nonResourceAttributes: { verb: 'get', path: '/x' } }),
    select: (body) => (body as { status?: { allowed?: boolean } }).status?.allowed,
  },
  {
    name: 'a review of nobody',
    method: 'POST',
    path: `${authorization}/subjectaccessreviews`,
    body: review({ resourceAttributes: { verb: 'get' } }),
  },
  {
    name: 'may I',
    method: 'POST',
    path: `${authorization}/selfsubjectaccessreviews`,
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { verb: 'get', resource: 'pods' } },
    },
    select: (body) => (body as { status?: { allowed?: boolean } }).status?.allowed,
  },
  {
    name: 'who am I',
    method: 'POST',
    path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
  },
  {
    name: 'a review of a bad token',
    method: 'POST',
    path: '/apis/authentication.k8s.io/v1/tokenreviews',
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token: 'x' } },
    select: (body) => (body as { status?: { authenticated?: boolean } }).status?.authenticated ?? false,
  },
];
