/** What is wrong with a service that should be reachable, and the command that tells more. */
import type { Service } from '../api/types/core-v1.ts';
import type { Endpoint } from '../api/types/discovery-v1.ts';
import { kubectlFor, shellWord } from './command-line.ts';

export interface ServiceProblem {
  /** `error`: nothing gets through. */
  severity: 'error' | 'warning';
  /** A sentence. */
  text: string;
  /** To copy, for who wants to know more. */
  command?: string;
}

const mostNames = 3;

export function problemOf(
  { metadata, spec = {} }: Service,
  {
    endpoints,
    isReady,
    whyNotPortForward,
    context,
  }: {
    endpoints: readonly Endpoint[];
    isReady(endpoint: Endpoint): boolean;
    whyNotPortForward: string | undefined;
    context: string | undefined;
  },
): ServiceProblem | undefined {
  const kubectl = kubectlFor(context);
  const asking = (rest: string | undefined): { command?: string } =>
    kubectl === undefined || rest === undefined ? {} : { command: `${kubectl} -n ${metadata.namespace} ${rest}` };
  if (endpoints.length === 0) {
    const selector = Object.entries(spec.selector ?? {})
      .map(([key, value]) => `${key}=${value}`)
      .join(',');
    const word = shellWord(selector);
    return {
      severity: 'error',
      text: `No pod that has an address matches its selector ${selector}.`,
      ...asking(word && `get pods -l ${word}`),
    };
  }
  const waiting = endpoints.filter((endpoint) => !isReady(endpoint));
  if (waiting.length > 0) {
    const names = waiting.flatMap(({ targetRef }) => (targetRef?.name === undefined ? [] : [targetRef.name]));
    const all = waiting.length === endpoints.length;
    const [first] = names;
    const word = first && shellWord(first);
    return {
      severity: all ? 'error' : 'warning',
      text: `${all ? 'None of its pods is ready' : 'Not ready'}: ${listed(names, waiting.length)}.`,
      ...asking(word && `describe pod ${word}`),
    };
  }
  if (whyNotPortForward === undefined) return undefined;
  const text = `Only HTTP passes, by the API server's proxy verb: a port-forward was refused (${whyNotPortForward}).`;
  return { severity: 'warning', text, ...asking('auth can-i create pods --subresource=portforward') };
}

function listed(names: readonly string[], count: number): string {
  const shown = names.slice(0, mostNames);
  const rest = count - shown.length;
  if (shown.length === 0) return `${count} endpoints`;
  return rest === 0 ? shown.join(', ') : `${shown.join(', ')} and ${rest} more`;
}
