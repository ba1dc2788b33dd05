/** `authorization.k8s.io/v1`: may somebody do something? Answered by the server's own authorizer. */
import type { KubeObject } from '../../api/object.ts';
import type { FieldError } from '../../api/status.ts';
import { badRequest, invalid } from '../../api/status.ts';
import type {
  NonResourceAttributes,
  NonResourceRule,
  ResourceAttributes,
  ResourceRule,
  SubjectAccessReviewSpec,
  SubjectAccessReviewStatus,
} from '../../api/types/authorization-v1.ts';
import type { ObjectReader } from '../connect/connector.ts';
import type { VirtualResource } from '../resources/virtual-resource.ts';
import { mastersGroup } from './authorizers.ts';
import { grantsOf } from './rbac-source.ts';
import type { Authorizer, UserInfo } from './types.ts';

const group = 'authorization.k8s.io';
const version = 'v1';

interface Review extends KubeObject {
  spec?: SubjectAccessReviewSpec;
}

export function accessReviews(authorizer: Authorizer, store: ObjectReader): VirtualResource[] {
  return [
    review('SelfSubjectAccessReview', false, async (object, user) => ({
      ...object,
      status: await decide(authorizer, user, checkedSpec(object)),
    })),
    review('SubjectAccessReview', false, async (object) => {
      const spec = checkedSpec(object, 'subject');
      return { ...object, status: await decide(authorizer, subjectOf(spec), spec) };
    }),
    review('LocalSubjectAccessReview', true, async (object, _user, namespace) => {
      const spec = checkedSpec(object, 'subject');
      requireNamespace(object, spec, namespace);
      return { ...object, status: await decide(authorizer, subjectOf(spec), spec) };
    }),
    review('SelfSubjectRulesReview', false, async (object, user) => {
      const namespace = (object as KubeObject & { spec?: { namespace?: string } }).spec?.namespace ?? '';
      if (namespace === '') throw badRequest('no namespace on request');
      return { ...object, status: await rulesOf(store, user, namespace) };
    }),
  ];
}

function review(
  kind: string,
  namespaced: boolean,
  answer: (object: Review, user: UserInfo, namespace: string) => Promise<KubeObject>,
): VirtualResource {
  const singular = kind.toLowerCase();
  return {
    group,
    version,
    plural: `${singular}s`,
    singular,
    namespaced,
    objectKind: { group, version, kind },
    create: ({ object, user, namespace }) => answer(object, user, namespace),
  };
}

function invalidReview(object: KubeObject, errors: FieldError[]): Error {
  return invalid({ group, version, kind: object.kind }, '', errors);
}

function checkedSpec(object: Review, subject?: 'subject'): SubjectAccessReviewSpec {
  const spec = object.spec ?? {};
  const { resourceAttributes, nonResourceAttributes } = spec;
  const errors: FieldError[] = [];
  if (resourceAttributes !== undefined && nonResourceAttributes !== undefined) {
    errors.push({
      reason: 'FieldValueInvalid',
      field: 'spec.nonResourceAttributes',
      message: `Invalid value: ${JSON.stringify(nonResourceAttributes)}: cannot be specified in combination with resourceAttributes`,
    });
  }
  if (resourceAttributes === undefined && nonResourceAttributes === undefined) {
    errors.push({
      reason: 'FieldValueInvalid',
      field: 'spec.resourceAttributes',
      message: `Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified`,
    });
  }
  if (subject !== undefined && (spec.user ?? '') === '' && (spec.groups ?? []).length === 0) {
    errors.push({
      reason: 'FieldValueInvalid',
      field: 'spec.user',
      message: 'Invalid value: "": at least one of user or group must be specified',
    });
  }
  if (errors.length > 0) throw invalidReview(object, errors);
  return spec;
}

function requireNamespace(object: Review, spec: SubjectAccessReviewSpec, namespace: string): void {
  if ((spec.resourceAttributes?.namespace ?? '') === namespace) return;
  throw invalidReview(object, [
    {
      reason: 'FieldValueInvalid',
      field: 'spec.resourceAttributes.namespace',
      message: `Invalid value: ${JSON.stringify(spec.resourceAttributes?.namespace ?? '')}: must match metadata.namespace`,
    },
  ]);
}

function subjectOf({ user = '', groups = [], uid, extra }: SubjectAccessReviewSpec): UserInfo {
  return { name: user, groups, ...(uid === undefined ? {} : { uid }), ...(extra === undefined ? {} : { extra }) };
}

async function decide(
  authorizer: Authorizer,
  user: UserInfo,
  spec: SubjectAccessReviewSpec,
): Promise<SubjectAccessReviewStatus> {
  const { allowed, reason } = await authorizer(attributesOf(user, spec.resourceAttributes, spec.nonResourceAttributes));
  return {
    allowed: allowed === true,
    ...(allowed === false ? { denied: true } : {}),
    ...(reason === '' ? {} : { reason }),
  };
}

function attributesOf(user: UserInfo, about: ResourceAttributes | undefined, path: NonResourceAttributes | undefined) {
  return {
    user,
    verb: about?.verb ?? path?.verb ?? '',
    resourceRequest: about !== undefined,
    group: about?.group ?? '',
    version: about?.version ?? '',
    resource: about?.resource ?? '',
    subresource: about?.subresource ?? '',
    namespace: about?.namespace ?? '',
    name: about?.name ?? '',
    path: path?.path ?? '',
  };
}

async function rulesOf(store: ObjectReader, user: UserInfo, namespace: string): Promise<object> {
  const resourceRules: ResourceRule[] = [];
  const nonResourceRules: NonResourceRule[] = [];
  if (user.groups.includes(mastersGroup)) {
    resourceRules.push({ verbs: ['*'], apiGroups: ['*'], resources: ['*'] });
    nonResourceRules.push({ verbs: ['*'], nonResourceURLs: ['*'] });
  }
  const { granted, errors } = await grantsOf(store, user, namespace);
  for (const { verbs, apiGroups, resources, resourceNames, nonResourceURLs } of granted.flatMap(({ rules }) => rules)) {
    if (resources !== undefined && resources.length > 0) {
      const named = resourceNames === undefined ? {} : { resourceNames };
      resourceRules.push({ verbs, apiGroups: apiGroups ?? [], resources, ...named });
    }
    if (nonResourceURLs !== undefined && nonResourceURLs.length > 0) nonResourceRules.push({ verbs, nonResourceURLs });
  }
  return {
    resourceRules: unique(resourceRules),
    nonResourceRules: unique(nonResourceRules),
    incomplete: errors.length > 0,
    ...(errors.length === 0 ? {} : { evaluationError: errors.join(', ') }),
  };
}

/** Several bindings may grant the same. */
function unique<T>(rules: readonly T[]): T[] {
  return [...new Map(rules.map((rule) => [JSON.stringify(rule), rule])).values()];
}
