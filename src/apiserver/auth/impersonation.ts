/**
 * Whether a user may act as another one, and as whom they then act. After Kubernetes 1.36
 * (`apiserver/pkg/endpoints/filters/impersonation/mode.go`): constrained modes, which ask for the right to act as this
 * user (`impersonate:MODE`) and to do this while doing so (`impersonate-on:MODE:VERB`), and then the verb `impersonate`.
 */
import type { StatusError } from '../../api/status.ts';
import { isReason } from '../../api/status.ts';
import { complainAboutDnsSubdomain } from '../../api/validation/names.ts';
import { mastersGroup } from './authorizers.ts';
import { forbidden, requireRight } from './forbidden.ts';
import type { RequestedUser } from './requested-user.ts';
import type { AuthorizationAttributes, Authorizer, UserInfo } from './types.ts';
import type { AccountName } from './user-names.ts';
import { nodeOf, serviceAccountOf } from './user-names.ts';

const authentication = 'authentication.k8s.io';
const authenticated = 'system:authenticated';
const unauthenticated = 'system:unauthenticated';
const anonymous = 'system:anonymous';
const boundNodeKey = 'authentication.kubernetes.io/node-name';
/** From so many groups or extras on, the right to all of them is asked first. */
const many = 4;

interface Mode {
  name: string;
  applies(wanted: RequestedUser, requestor: UserInfo): boolean;
  /** For the node of the requestor's own pod: asked for all nodes, so that rights need not name each. */
  anyNode?: true;
}

const modes: readonly Mode[] = [
  {
    name: 'associated-node',
    applies: (wanted, { name, extra }) => {
      const [node, ...others] = extra?.[boundNodeKey] ?? [];
      const bound = node !== undefined && others.length === 0 && nodeOf(wanted.name) === node;
      return isNameAlone(wanted) && bound && serviceAccountOf(name) !== undefined;
    },
    anyNode: true,
  },
  { name: 'arbitrary-node', applies: (wanted) => isNameAlone(wanted) && nodeOf(wanted.name) !== undefined },
  {
    name: 'serviceaccount',
    applies: (wanted) => isNameAlone(wanted) && serviceAccountOf(wanted.name) !== undefined,
  },
  {
    name: 'user-info',
    applies: (wanted) => nodeOf(wanted.name) === undefined && serviceAccountOf(wanted.name) === undefined,
  },
];

/**
 * The user to go on as. `attributes` are those of the request itself, with its sender. Throws `StatusError` 403: what the
 * first mode that applies was refused.
 */
export async function impersonate(
  authorizer: Authorizer,
  wanted: RequestedUser,
  attributes: AuthorizationAttributes,
): Promise<UserInfo> {
  let refusal: StatusError | undefined;
  for (const mode of [...modes.filter(({ applies }) => applies(wanted, attributes.user)), undefined]) {
    try {
      return await tryMode(authorizer, wanted, attributes, mode);
    } catch (error) {
      if (!isReason(error, 'Forbidden')) throw error;
      refusal ??= error;
    }
  }
  throw refusal ?? forbidden(attributes, 'no mode of impersonation applies');
}

/** Without a mode: the verb `impersonate`, as it was before there were modes. */
async function tryMode(
  authorizer: Authorizer,
  wanted: RequestedUser,
  attributes: AuthorizationAttributes,
  mode: Mode | undefined,
): Promise<UserInfo> {
  const { user: requestor } = attributes;
  const user = mode?.anyNode === true ? withoutValues(requestor) : requestor;
  const check = (asked: AuthorizationAttributes) => requireRight(authorizer, asked);
  if (mode !== undefined) {
    await check({ ...attributes, user, verb: `impersonate-on:${mode.name}:${attributes.verb}` });
  }
  const asked = (resource: string, name: string, more: Partial<AuthorizationAttributes> = {}) => ({
    user,
    verb: mode === undefined ? 'impersonate' : `impersonate:${mode.name}`,
    resourceRequest: true,
    group: authentication,
    version: 'v1',
    resource,
    subresource: '',
    namespace: '',
    name,
    path: '',
    ...more,
  });
  // users, groups and service accounts were of the core group before there were modes
  const named = mode === undefined ? { group: '' } : {};
  const account = serviceAccountOf(wanted.name);
  const node = mode === undefined ? undefined : nodeOf(wanted.name);
  if (node !== undefined) await check(asked('nodes', mode?.anyNode === true ? '*' : node, named));
  else if (account !== undefined) {
    await check(asked('serviceaccounts', account.name, { ...named, namespace: account.namespace }));
  } else await check(asked('users', wanted.name, named));
  if (wanted.uid !== '') await check(asked('uids', wanted.uid));
  if (mode !== undefined) refuseUnsafe(wanted, asked);
  await checkEach(
    mode !== undefined,
    wanted.groups.map((group) => asked('groups', group, named)),
    asked('groups', '*', named),
    check,
  );
  await checkEach(
    mode !== undefined,
    [...wanted.extra].flatMap(([subresource, values]) =>
      values.map((value) => asked('userextras', value, { subresource })),
    ),
    asked('userextras', '*', { subresource: '*' }),
    check,
  );
  return actedAs(wanted, node, account);
}

async function checkEach(
  mayAskForAll: boolean,
  each: readonly AuthorizationAttributes[],
  all: AuthorizationAttributes,
  check: (asked: AuthorizationAttributes) => Promise<void>,
): Promise<void> {
  if (mayAskForAll && each.length >= many) {
    try {
      return await check(all);
    } catch (error) {
      if (!isReason(error, 'Forbidden')) throw error;
    }
  }
  for (const one of each) await check(one);
}

/** What the constrained modes never allow. */
function refuseUnsafe(
  { groups, extra }: RequestedUser,
  asked: (resource: string, name: string) => AuthorizationAttributes,
): void {
  if (groups.includes('')) throw forbidden(asked('groups', ''), 'impersonating the empty string group is not allowed');
  if (groups.includes(mastersGroup)) {
    throw forbidden(asked('groups', mastersGroup), `impersonating the ${mastersGroup} group is not allowed`);
  }
  for (const [key, values] of extra) {
    if (!isDomainPrefixed(key) || key !== key.toLowerCase() || values.includes('')) {
      const why = 'impersonating an invalid key or the empty string value in extra is not allowed';
      throw forbidden(asked('userextras', ''), why);
    }
  }
}

function isDomainPrefixed(key: string): boolean {
  const slash = key.indexOf('/');
  if (slash < 0 || complainAboutDnsSubdomain(key.slice(0, slash)).length > 0) return false;
  return /^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/.test(key.slice(slash + 1));
}

/** Groups that follow from the name are added when none were asked for, and everybody but nobody is authenticated. */
function actedAs(
  { name, uid, groups, extra }: RequestedUser,
  node: string | undefined,
  account: AccountName | undefined,
): UserInfo {
  const own =
    node !== undefined
      ? ['system:nodes']
      : account !== undefined && groups.length === 0
        ? ['system:serviceaccounts', `system:serviceaccounts:${account.namespace}`]
        : [...groups];
  if (name === anonymous) addTo(own, unauthenticated);
  else if (!own.includes(unauthenticated)) addTo(own, authenticated);
  return {
    name,
    groups: own,
    ...(uid === '' ? {} : { uid }),
    ...(extra.size === 0 ? {} : { extra: Object.fromEntries(extra) }),
  };
}

function addTo(groups: string[], group: string): void {
  if (!groups.includes(group)) groups.push(group);
}

/** Authorizers of this mode see which extras a requestor has, and not their values: those are different on every node. */
function withoutValues(user: UserInfo): UserInfo {
  const keys = Object.keys(user.extra ?? {}).sort();
  return { ...user, extra: { 'authentication.kubernetes.io/associated-node-keys': keys } };
}

function isNameAlone({ uid, groups, extra }: RequestedUser): boolean {
  return uid === '' && groups.length === 0 && extra.size === 0;
}
