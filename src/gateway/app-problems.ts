/** Why an application cannot be shown, in words: what was asked, what the cluster has, what to do. */
import { StatusError } from '../api/status.ts';
import type { Service } from '../api/types/core-v1.ts';
import { ConnectionError } from '../client/connection-error.ts';
import { shellWord } from '../lib/shell-words.ts';
import type { Backend } from './backends.ts';
import type { GatewayContexts, UnusableContext } from './contexts.ts';
import type { AskedBy } from './destination.ts';
import { loginProblem } from './login-problem.ts';
import type { Problem } from './problem.ts';
import { sentenceOf } from './problem.ts';
import type { ServiceFacts } from './service-directory.ts';

/** Another site's page asks. */
export function foreignOrigin(why: string): Problem {
  return { code: 403, reason: 'Forbidden', title: 'Refused by the gateway', message: `${why}.` };
}

/** By the proxy verb, whose path begins with the API's. */
export function dotSegments(): Problem {
  const message =
    'By the proxy verb of the API server no path with "." or ".." segments is led on, encoded ones neither. Write it without them.';
  return { code: 400, reason: 'BadRequest', title: 'This path is not served', message };
}

export function defect(): Problem {
  const message = 'this is a defect of Fairlead; its log has more.';
  return { code: 500, reason: 'InternalError', title: 'The gateway failed', message };
}

export function unknownAlias(alias: string, contexts: GatewayContexts, by: AskedBy): Problem {
  const named = contexts.flatMap((context) => (context.name === undefined ? [] : [context]));
  const serves =
    named.length === 0
      ? 'a cluster without a name'
      : named.map((context) => `"${context.alias}" (the context "${context.name}")`).join(', ');
  return {
    code: 404,
    reason: 'NotFound',
    title: `No context "${alias}" here`,
    message: `This gateway serves ${serves}. Leave ${by === 'local-port' ? `"${alias}/"` : 'the last label of the host name'} out for the first, or start a gateway with that context.`,
  };
}

export function unusableContext({ name, why }: UnusableContext): Problem {
  const message = `${why} Mend that, then start the gateway anew.`;
  return { code: 502, reason: 'ServiceUnavailable', title: `The context "${name}" cannot be used`, message };
}

const nameForms: Readonly<Record<AskedBy, string>> = {
  'host-name': 'Host names are SERVICE.NAMESPACE.localhost.',
  proxy:
    'This proxy leads to names of the cluster only, such as SERVICE.NAMESPACE.svc: connect to all else without it.',
  'local-port': 'Services are written NAMESPACE/SERVICE.',
};

export function noService(namespace: string, name: string, by: AskedBy): Problem {
  return {
    code: 404,
    reason: 'NotFound',
    title: `No service "${name}" in namespace "${namespace}"`,
    message: `${nameForms[by]} See what there is with: kubectl get services -n ${namespace}`,
  };
}

/** A proxy's client asks for what no cluster here has. */
export function notOfTheCluster(host: string): Problem {
  return {
    code: 403,
    reason: 'Forbidden',
    title: `${JSON.stringify(host.slice(0, 200))} is no name of the cluster`,
    message:
      'This proxy leads to services and pods of the cluster only: SERVICE.NAMESPACE.svc, POD.NAMESPACE.pod, or their addresses. Connect to everything else without it.',
  };
}

export function noSuchAddress(address: string): Problem {
  return {
    code: 403,
    reason: 'Forbidden',
    title: `No service or pod has the address ${address}`,
    message: 'This proxy leads to services and pods of the cluster only. Connect to everything else without it.',
  };
}

export function noPod(namespace: string, name: string): Problem {
  return {
    code: 404,
    reason: 'NotFound',
    title: `No pod "${name}" in namespace "${namespace}"`,
    message: `It may have been replaced. See what there is with: kubectl get pods -n ${namespace}`,
  };
}

export function podWithoutPort(namespace: string, name: string, wanted: string | undefined): Problem {
  const port = wanted === undefined ? 'no port' : `no port "${wanted}"`;
  return {
    code: 404,
    reason: 'NotFound',
    title: `Pod "${name}" in namespace "${namespace}" declares ${port}`,
    message: 'Declare one in its containers (ports, containerPort), or make a Service that leads to it.',
  };
}

/** Whatever ports it has or has not. */
export function externalName({ metadata: { name = '', namespace = '' }, spec }: Service): Problem {
  return {
    code: 503,
    reason: 'ServiceUnavailable',
    title: `Service "${name}" in namespace "${namespace}" leads out of the cluster`,
    message: `It is an alias for ${spec?.externalName ?? 'another host'}, outside of the cluster: open that host itself.`,
  };
}

export function noEndpoints({ service, slices }: ServiceFacts): Problem {
  const { name = '', namespace = '' } = service.metadata;
  const title = `Service "${name}" in namespace "${namespace}" has no ready pod`;
  const problem = (message: string): Problem => ({ code: 503, reason: 'ServiceUnavailable', title, message });
  const passing = (message: string): Problem => ({ ...problem(message), retryAfterSeconds: 2 });
  const endpoints = slices.flatMap((slice) => slice.endpoints ?? []);
  if (endpoints.length === 0) {
    const selector = Object.entries(service.spec?.selector ?? {}).map(([key, value]) => `${key}=${value}`);
    if (selector.length === 0) return problem('It has no selector and nobody has given it endpoints.');
    return passing(
      `No pod that has an address matches its selector ${selector.join(',')}. See: kubectl get pods -n ${namespace} -l ${shellWord(selector.join(','))}`,
    );
  }
  const pods = endpoints.filter(({ targetRef }) => targetRef?.kind === 'Pod');
  if (pods.length === 0) return problem('Its endpoints are not pods of this cluster, so no way leads there from here.');
  const names = pods.map(({ targetRef }) => targetRef?.name).join(', ');
  return passing(
    `Not ready: ${names}. See why with: kubectl describe pod -n ${namespace} ${shellWord(pods[0]?.targetRef?.name ?? '')}`,
  );
}

/** The cluster could not be asked. */
export function clusterFailed(error: unknown): Problem {
  const login = loginProblem(error);
  if (login !== undefined) return login;
  if (error instanceof StatusError && error.code < 500) {
    const title = error.code === 403 ? 'You may not see this' : 'The cluster refused the question';
    return {
      code: error.code,
      reason: error.reason,
      title,
      message: `${error.message}. Ask for the right, or use another context.`,
    };
  }
  const message = `${sentenceOf(error)} Check that the cluster runs, then load this again.`;
  return { code: 502, reason: 'ServiceUnavailable', title: 'The cluster does not answer', message };
}

/** A pod was chosen but the request to it failed. */
export function podFailed({ namespace, pod, port }: Backend, error: unknown): Problem {
  // It is not the pod that is away.
  const unreached = causeIn(error, (cause) => cause instanceof ConnectionError || loginProblem(cause) !== undefined);
  if (unreached !== undefined) return clusterFailed(unreached);
  const title = `Pod "${pod}" in namespace "${namespace}" does not answer on port ${port}`;
  const cause = error instanceof Error && error.cause instanceof StatusError ? error.cause : error;
  if (cause instanceof StatusError && cause.code === 403) {
    const message = `${cause.message}. The way there is a port-forward: ask for the right to create pods/portforward.`;
    return { code: 403, reason: 'Forbidden', title: 'You may not connect to this pod', message };
  }
  return { code: 502, reason: 'ServiceUnavailable', title, message: withItsLog({ namespace, pod }, error) };
}

/** A raw connection to a pod stood, as a port-forward does before anybody knows whether something listens there. */
export function podConnectionFailed({ namespace, pod, port }: Backend, error: Error): Problem {
  const title = `A connection to port ${port} of pod "${pod}" in namespace "${namespace}" failed`;
  return { code: 502, reason: 'ServiceUnavailable', title, message: withItsLog({ namespace, pod }, error) };
}

function withItsLog({ namespace, pod }: Pick<Backend, 'namespace' | 'pod'>, error: unknown): string {
  return `${sentenceOf(error)} See its log with: kubectl logs -n ${namespace} ${shellWord(pod)}`;
}

function causeIn(error: unknown, isMeant: (cause: Error) => boolean): Error | undefined {
  for (let at = error; at instanceof Error; at = at.cause) if (isMeant(at)) return at;
  return undefined;
}
