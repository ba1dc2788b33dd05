import type { ClusterClient } from '../../client/cluster-client.ts';
import { openClusterClient } from '../../client/cluster-client-http.ts';
import { sleepUnlessAborted } from '../../lib/abortable-sleep.ts';
import { Progress } from '../cluster/progress.ts';
import { CommandError, type CommandIo, defineCommand, type Invocation, UsageError } from '../command.ts';
import { clusterConfig } from '../connect.ts';
import { parseTimeLimit } from '../duration.ts';
import { unlessInterrupted } from '../interrupted.ts';
import { escapeControls } from '../print/escape.ts';
import { findPlace, gatewayPort } from '../reach/find-place.ts';
import { findServiceNamespace } from '../reach/find-service.ts';
import { firstAnswer } from '../reach/first-answer.ts';
import { type NamedService, pageUrl } from '../reach/gateway-url.ts';
import { openBrowser } from '../reach/open-browser.ts';
import { parseClusterTarget } from '../reach/target.ts';
import type { Step } from '../why/check.ts';
import { walk } from '../why/walk.ts';

const flagTable = {
  print: { type: 'boolean', description: 'print the URL and nothing else on stdout; open nothing' },
  port: {
    type: 'integer',
    short: 'p',
    value: 'N',
    description: `port of a gateway that has to be started (default ${gatewayPort}, or any free one where that is in use)`,
  },
  path: { type: 'string', value: 'PATH', description: 'page of the service to open (default /)' },
  timeout: { type: 'string', value: 'TIME', description: 'how long to wait until the service answers (default 10s)' },
} as const;

export const openCommand = defineCommand({
  usage: 'SERVICE[.NAMESPACE][:PORT] | svc/NAME[:PORT]',
  description:
    'Uses a gateway of yours that runs ("fairlead up", "fairlead proxy", "fairlead open"), or runs one until Ctrl-C. A service that is\n' +
    'not ready is waited for; what cannot be reached is not opened: what is wrong is said instead, as by "fairlead why".\n' +
    'Without NAMESPACE: that of the context, else the only one that has such a service. The browser is that of $BROWSER, or the\n' +
    "system's; where there is none the URL is printed for you to open.",
  examples: [
    { does: 'A service of the current namespace', line: 'fairlead open web' },
    { does: 'One of its ports, in another namespace', line: 'fairlead open grafana.monitoring:http' },
    { does: 'Only its URL, for curl', line: 'curl "$(fairlead open web.shop --print)"' },
  ],
  flags: flagTable,
  arguments: { min: 1, max: 1, complete: ['names of services'] },
  run: (invocation) => unlessInterrupted(invocation.signal, () => show(invocation)),
});

async function show({ args: [text = ''], flags, globals, io, signal }: Invocation<typeof flagTable>): Promise<number> {
  const target = parseClusterTarget(text);
  if (target.kind !== 'service')
    throw new UsageError(
      `"${text}": services are opened; for a pod use "fairlead proxy", where it is POD.NAMESPACE.pod.localhost`,
    );
  if (flags.port !== undefined && (flags.port < 0 || flags.port > 65_535))
    throw new UsageError(`invalid --port ${flags.port}: from 0 to 65535`);
  const path = flags.path ?? '/';
  if (!path.startsWith('/')) throw new UsageError(`invalid --path "${path}": it begins with a slash`);
  const timeoutMs = flags.timeout === undefined ? 10_000 : parseTimeLimit(flags.timeout, '--timeout');
  const say = (line: string): void => void io.stderr.write(`${escapeControls(line)}\n`);
  const progress = new Progress(io.stderr);
  const config = await clusterConfig(globals, io);
  await using client = openClusterClient(config);
  const own = config.namespace;
  progress.begin(`looking for ${text}`);
  const namespace = await findServiceNamespace(client, target, { own, signal });
  if (namespace !== undefined && target.namespace === undefined && namespace !== own)
    say(`The service "${target.name}" is in the namespace "${namespace}".`);
  const service = { name: target.name, namespace: namespace ?? target.namespace ?? own, port: target.port };

  await using place = await findPlace(service, {
    name: config.origin?.context,
    server: config.server,
    globals,
    port: flags.port,
    io,
    signal,
    log: say,
  });
  const url = pageUrl(place.url, path);
  progress.begin(`waiting for ${service.name}.${service.namespace}`);
  const trouble = await untilItAnswers(url, timeoutMs, signal);
  progress.end();
  if (signal.aborted) return 0;
  if (trouble !== undefined) {
    const { says, fix } = await explainTrouble(service, { client, config, io, signal });
    throw new CommandError(
      `${service.name}.${service.namespace} cannot be opened: ${says ?? trouble}${fix === undefined ? '' : `\nWhat to do:\n  ${fix}`}`,
    );
  }
  if (flags.print === true || !(await openBrowser(url.href, io.env))) io.stdout.write(`${url.href}\n`);
  else say(`Opened ${url.href}`);
  if (place.gateway === undefined) return 0;
  say(`A gateway runs for it, until Ctrl-C: ${place.gateway.url}`);
  await place.gateway.closed;
  return 0;
}

const tryMs = { least: 500, most: 10_000 };
/** What is wrong is looked for when the time is over: for so long. */
const explainMs = 2000;

/** Undefined when it does, or the signal fired; else why not. */
async function untilItAnswers(url: URL, timeoutMs: number, signal: AbortSignal): Promise<string | undefined> {
  const limit = Date.now() + timeoutMs;
  let patienceMs = Math.max(timeoutMs, tryMs.least);
  try {
    for (;;) {
      const answer = await firstAnswer(url, { patienceMs: Math.min(patienceMs, tryMs.most), signal });
      if (answer.kind === 'answers') return undefined;
      if (!answer.mayPass) return answer.why;
      await sleepUnlessAborted(Math.min(250, Math.max(0, limit - Date.now())), signal);
      patienceMs = limit - Date.now();
      if (patienceMs <= 0) return answer.why;
    }
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}

interface Explanation {
  says?: string;
  fix?: string;
}

/** Nothing where it cannot be found in time. */
async function explainTrouble(
  service: NamedService,
  {
    client,
    config,
    io,
    signal,
  }: { client: ClusterClient; config: Awaited<ReturnType<typeof clusterConfig>>; io: CommandIo; signal: AbortSignal },
): Promise<Explanation> {
  const target = { kind: 'service' as const, name: service.name, namespace: service.namespace, port: service.port };
  const open = async () => ({ name: config.origin?.context, config, client });
  const limit = AbortSignal.any([signal, AbortSignal.timeout(explainMs)]);
  const over = new Promise<Explanation>((resolve) =>
    limit.addEventListener('abort', () => resolve({}), { once: true }),
  );
  const walked = firstFailure(walk({ target, env: io.env, signal: limit, open })).catch((error: unknown) => {
    if (limit.aborted) return {};
    throw error;
  });
  return Promise.race([walked, over]);
}

async function firstFailure(steps: AsyncIterable<Step>): Promise<Explanation> {
  for await (const step of steps) if (step.state === 'failed') return step;
  return {};
}
