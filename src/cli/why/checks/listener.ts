/** What listens on the port of this machine that was named, and where it leads. */
import { connect } from 'node:net';
import { forwardParts } from '../../forward/named-forward.ts';
import { type RunningGateway, recordedForwards, runningGateways } from '../../proxy/running-gateways.ts';
import type { ClusterTarget } from '../../reach/target.ts';
import { type AskedPort, askGateway, type PortAnswer, type Scheme } from '../ask-gateway.ts';
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
  { env, signal }: Asked,
  { url, alias, target }: Extract<Asked['target'], { kind: 'gateway' }>,
): Promise<{ outcome: Outcome; led: Led | undefined }> {
  const port = Number(url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : url.port);
  const start = `fairlead proxy --port ${port}`;
  if (!(await listens(port, signal)))
    return { outcome: failed(`nothing listens on port ${port} of this machine`, start), led: undefined };
  const scheme = url.protocol === 'https:' ? 'https' : 'http';
  const ask = { port, host: url.hostname, env, signal };
  const answer = await askGateway(scheme, ask);
  if (answer?.gateway === undefined) return { outcome: await noGateway(url, { scheme, answer, ask }), led: undefined };
  const { outcome, led } = gatewayContext(answer.gateway, { port, alias, target });
  if (answer.untrusted === undefined || outcome.state !== 'ok') return { outcome, led };
  return { outcome: note(`${outcome.says}; its certificate is not trusted here (${answer.untrusted})`), led };
}

/** What listens there instead. */
async function noGateway(
  url: URL,
  { scheme, answer, ask }: { scheme: Scheme; answer: PortAnswer | undefined; ask: AskedPort },
): Promise<Outcome> {
  const { port } = ask;
  const what = `what listens on port ${port} of this machine`;
  // A server of TLS may tell those who come without it, by an answer of 400.
  if (answer === undefined || (scheme === 'http' && answer.status === 400)) {
    const other = scheme === 'http' ? 'https' : 'http';
    const instead = await askGateway(other, ask);
    const right = `fairlead why ${other}:${url.href.slice(url.protocol.length)}`;
    if (instead !== undefined)
      return failed(
        `${what} speaks ${other === 'http' ? 'plain HTTP' : 'TLS'}: the address begins with ${other}://`,
        right,
      );
    if (answer === undefined) return failed(`${what} does not answer HTTP`, 'fairlead proxy --port 0');
  }
  if (answer.status === 401)
    return failed(
      `${what} asks for credentials: whether it is a gateway, and where it leads, is not told without them`,
    );
  return failed(`${what} is no gateway`, 'fairlead proxy --port 0');
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
  const ask = { port, host: 'localhost', env, signal };
  const answer = (await askGateway('https', ask)) ?? (await askGateway('http', ask));
  if (answer?.gateway !== undefined)
    return gatewayContext(answer.gateway, { port, alias: undefined, target: undefined });
  const says = `a program listens on port ${port} of this machine that is none of Fairlead's; what it leads to is not known`;
  return { outcome: note(says), led: undefined };
}

function targetOf(to: string): ClusterTarget {
  const { kind, namespace, name, port } = forwardParts(to);
  return { kind, namespace, name, port };
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
