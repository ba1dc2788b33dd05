import { CommandError, defineCommand, UsageError } from '../command.ts';
import { openForwardContexts } from '../forward/contexts.ts';
import { findForwardFile, forwardFileName, readForwardFile } from '../forward/forward-file.ts';
import { type PlannedForward, parseForwardWord } from '../forward/planned.ts';
import { openReport } from '../forward/reports.ts';
import { startForwards } from '../forward/start-forwards.ts';
import { recordReach } from '../proxy/running-gateways.ts';

export const forwardCommand = defineCommand({
  usage: '[TARGET[=LOCALPORT]...]',
  summary: 'Lead local ports to services, many at once: named here, or in the fairlead.yaml of the project',
  description:
    `Without TARGET the forwards of ${forwardFileName} are started, looked for from this directory upwards. Each new connection goes to\n` +
    'the least busy ready pod, so that a forward outlives pods; while none is ready a connection waits up to 10 seconds. Streams in\n' +
    'flight stay as long as their pod. One that fails or ends does not touch the others.\n' +
    'TARGET: NAMESPACE/SERVICE[:PORT], SERVICE.NAMESPACE[:PORT], svc/NAME[:PORT], pod/NAME[:PORT], CONTEXT/NAMESPACE/SERVICE[:PORT].\n' +
    'Without LOCALPORT the local port is PORT, if that is a number above 1023, else any free one. TCP only: UDP cannot pass.',
  examples: [
    { does: `What ${forwardFileName} says`, line: 'fairlead forward' },
    { does: 'A database and a web application', line: 'fairlead forward shop/db:5432=15432 svc/web:http=8080' },
    { does: 'Two clusters at once', line: 'fairlead forward staging/shop/db:5432=15432 production/shop/db:5432=15433' },
    { does: 'For a program', line: 'fairlead forward shop/db:5432=0 -o json' },
  ],
  flags: {
    file: {
      type: 'string',
      short: 'f',
      value: 'FILE',
      description: `the file to take the forwards from (default: the nearest ${forwardFileName})`,
      complete: 'files',
    },
    output: { type: 'string', short: 'o', value: 'FORMAT', choices: ['json'], description: 'print events, one a line' },
  },
  arguments: { min: 0, max: Number.POSITIVE_INFINITY, complete: ['names of services'] },
  async run({ args, flags, globals, io, signal }) {
    if (args.length > 0 && flags.file !== undefined)
      throw new UsageError('name forwards, or a file with --file: not both');
    const planned = args.length > 0 ? args.map(parseForwardWord) : await fromFile(flags.file, io.cwd);
    refuseSamePorts(planned);
    const report = openReport(io, flags.output === 'json' ? 'json' : undefined);
    await using contexts = await openForwardContexts(new Set(planned.map(({ context }) => context)), { globals, io });
    await using running = await startForwards(planned, {
      contexts,
      signal,
      onChange: (status) => report.changed(status),
      onFailure: (status, why) => report.failure(status, why),
    });
    const works = running.all.filter(({ status }) => status.state.kind !== 'failed');
    // For `why localhost:PORT`.
    await using _record = await recordReach(io.env, {
      forwards: works.flatMap(({ status: { to, local }, context }) =>
        context === undefined
          ? []
          : [{ to, port: local, context: context.name ?? null, server: context.config.server }],
      ),
    });
    report.started(() => running.all.map(({ status }) => status));
    if (works.length > 0) await aborted(signal);
    report.end();
    return works.length === 0 ? 1 : 0;
  },
});

async function fromFile(file: string | undefined, cwd: string): Promise<readonly PlannedForward[]> {
  const found = file === undefined ? await findForwardFile(cwd) : await readForwardFile(file, cwd);
  if (found !== undefined) return found.forwards;
  throw new CommandError(
    `no forward is named, and no ${forwardFileName} is in ${cwd} or above: name one, such as "fairlead forward shop/db:5432=15432"`,
  );
}

function refuseSamePorts(planned: readonly PlannedForward[]): void {
  const ports = planned.map(({ local }) => local).filter((port) => port !== 0);
  const twice = ports.find((port, index) => ports.indexOf(port) !== index);
  if (twice !== undefined)
    throw new UsageError(`port ${twice} is asked for twice: give each forward its own, as TARGET=LOCALPORT`);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
