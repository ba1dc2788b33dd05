/** What listens on the port of this machine that was named, and where it leads. */
import { connect } from 'node:net';
import {
  describeGateway,
  type RunningGateway,
  recordedForwards,
  runningGateways,
} from '../../proxy/running-gateways.ts';
import { type ClusterTarget, parseClusterTarget } from '../../reach/target.ts';
import { type Asked, failed, type Led, note, type Outcome, ok, skipped } from '../check.ts';

/** `led`: undefined where nothing further can be asked. */
export async function checkListener(asked: Asked): Promise<{ outcome: Outcome; led: Led | undefined }> {
  const { target } = asked;
  if (target.kind === 'gateway') return checkGateway(asked, target);
  if (target.kind === 'local') return checkLocalPort(asked, target.port);
  const led = { context: undefined, target: target.kind === 'address' ? undefined : target };
  return { outcome: skipped('no port of this machine was named'), led };
}

async function checkGateway(
  { signal }: Asked,
  { url, alias, target }: Extract<Asked['target'], { kind: 'gateway' }>,
): Promise<{ outcome: Outcome; led: Led | undefined }> {
  const port = Number(url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : url.port);
  const start = `fairlead proxy --port ${port}`;
  if (!(await listens(port, signal)))
    return { outcome: failed(`nothing listens on port ${port} of this machine`, start), led: undefined };
  const gateway = await describeGateway(`${url.protocol}//localhost:${port}/`, signal);
  if (gateway === undefined) {
    const says = `what listens on port ${port} of this machine is no gateway, or wants to be signed in to`;
    return { outcome: failed(says, 'fairlead proxy --port 0'), led: undefined };
  }
  return gatewayContext(gateway, { port, alias, target });
}

function gatewayContext(
  { contexts }: RunningGateway,
  { port, alias, target }: { port: number; alias: string | undefined; target: ClusterTarget | undefined },
): { outcome: Outcome; led: Led | undefined } {
  const context = alias === undefined ? contexts[0] : contexts.find((each) => each.alias === alias);
  if (context === undefined) {
    const served = contexts.map((each) => each.alias).join(', ');
    const says = `the gateway on port ${port} has no context "${alias}"; it serves ${served}`;
    return { outcome: failed(says, 'fairlead proxy --all-contexts'), led: undefined };
  }
  const name = context.name ?? undefined;
  if (context.trouble !== undefined) {
    const says = `the gateway on port ${port} cannot use the context "${name}": ${context.trouble}`;
    return { outcome: failed(says, 'fairlead config view --minify'), led: undefined };
  }
  const says = `a gateway on port ${port} leads to ${name === undefined ? context.server : `the context "${name}"`}`;
  return { outcome: ok(says), led: { context: name, target } };
}

async function checkLocalPort(asked: Asked, port: number): Promise<{ outcome: Outcome; led: Led | undefined }> {
  const { env, signal } = asked;
  const [isThere, forwards, gateways] = await Promise.all([
    listens(port, signal),
    recordedForwards(env),
    runningGateways(env, signal),
  ]);
  if (!isThere)
    return {
      outcome: failed(`nothing listens on port ${port} of this machine`, `fairlead forward NAMESPACE/SERVICE=${port}`),
      led: undefined,
    };
  const forward = forwards.find((each) => each.port === port);
  if (forward !== undefined) {
    const outcome = ok(`a "fairlead forward" leads port ${port} to ${forward.to}`);
    return { outcome, led: { context: forward.context ?? undefined, target: targetOf(forward.to) } };
  }
  for (const gateway of gateways) {
    if (Number(new URL(gateway.url).port) === port)
      return gatewayContext(gateway, { port, alias: undefined, target: undefined });
    const fixed = gateway.fixedPorts.find((each) => each.port === port);
    if (fixed === undefined) continue;
    const parts = fixed.to.split('/');
    const alias = parts.length > 2 ? parts.shift() : undefined;
    const { outcome, led } = gatewayContext(gateway, { port, alias, target: targetOf(parts.join('/')) });
    return { outcome: outcome.state === 'ok' ? ok(`a gateway leads port ${port} to ${fixed.to}`) : outcome, led };
  }
  const says = `a program listens on port ${port} of this machine that is none of Fairlead's; what it leads to is not known`;
  return { outcome: note(says), led: undefined };
}

/** A forward may name its context's alias before. */
function targetOf(to: string): ClusterTarget {
  return parseClusterTarget(to);
}

function listens(port: number, signal: AbortSignal): Promise<boolean> {
  const one = (host: string): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connect({ host, port, timeout: 2000 });
      const done = (is: boolean) => () => {
        socket.destroy();
        resolve(is);
      };
      socket.once('connect', done(true)).once('error', done(false)).once('timeout', done(false));
      signal.addEventListener('abort', done(false), { once: true });
    });
  return Promise.all([one('127.0.0.1'), one('::1')]).then((found) => found.includes(true));
}
