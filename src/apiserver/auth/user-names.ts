/** User names that Kubernetes gives a meaning: those of nodes and of service accounts. */
import { complainAboutDnsLabel, complainAboutDnsSubdomain } from '../../api/validation/names.ts';

const nodePrefix = 'system:node:';
const accountPrefix = 'system:serviceaccount:';

/** The node's name; undefined when the user is no node. */
export function nodeOf(user: string): string | undefined {
  if (!user.startsWith(nodePrefix)) return undefined;
  const node = user.slice(nodePrefix.length);
  return complainAboutDnsSubdomain(node).length === 0 ? node : undefined;
}

export interface AccountName {
  namespace: string;
  name: string;
}

/** Undefined when the user is no service account. */
export function serviceAccountOf(user: string): AccountName | undefined {
  if (!user.startsWith(accountPrefix)) return undefined;
  const [namespace = '', name = '', ...more] = user.slice(accountPrefix.length).split(':');
  if (more.length > 0 || complainAboutDnsLabel(namespace).length > 0) return undefined;
  return complainAboutDnsSubdomain(name).length === 0 ? { namespace, name } : undefined;
}
