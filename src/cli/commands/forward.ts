import { join } from 'node:path';
import { CommandError, type CommandIo, defineCommand, UsageError } from '../command.ts';
import { isDetached } from '../detached-process.ts';
import type { GlobalFlags } from '../flags.ts';
import { openForwardContexts } from '../forward/contexts.ts';
import { serveControl } from '../forward/control.ts';
import { detachForwards, tellBegun } from '../forward/detach.ts';
import { findForwardFile, forwardFileName, readForwardFile } from '../forward/forward-file.ts';
import { type PlannedForward, parseForwardWord } from '../forward/planned.ts';
import { openReport } from '../forward/reports.ts';
import { printForwardStatus, stopForwards } from '../forward/running-forwards.ts';
import { startForwards } from '../forward/start-forwards.ts';
import { escapeControls } from '../print/escape.ts';
import { formatStructured } from '../print/structured.ts';
import { recordReach, recordsDirectory } from '../proxy/running-gateways.ts';

export const forwardCommand = defineCommand({
  usage: '[TARGET[=LOCALPORT]...]',
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
    {
      does: 'In the background; how they are; stop one of them',
      line: 'fairlead forward -d; fairlead forward --status; fairlead forward --stop 15432',
    },
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
    detach: { type: 'boolean', short: 'd', description: 'go on in the background, and return when all listen' },
    status: {
      type: 'boolean',
      description: 'tell which forwards of yours run, and how they are; exit code 1 when none does',
    },
    stop: { type: 'boolean', description: 'stop forwards that run, by local port or target; without one, all' },
    output: { type: 'string', short: 'o', value: 'FORMAT', choices: ['json'], description: 'print events, one a line' },
  },
  arguments: { min: 0, max: Number.POSITIVE_INFINITY, complete: ['names of services'] },
  async run({ args, flags, globals, io, signal }) {
    const format = flags.output === 'json' ? 'json' : undefined;
    if ([flags.status, flags.stop, flags.detach].filter((flag) => flag === true).length > 1)
      throw new UsageError('--detach, --status and --stop go one at a time');
    if (flags.status === true) {
      if (args.length > 0) throw new UsageError('--status tells of all forwards: it takes no TARGET');
      return await printForwardStatus(io, format);
    }
    if (flags.stop === true) return await stopForwards(args, io);
    if (args.length > 0 && flags.file !== undefined)
      throw new UsageError('name forwards, or a file with --file: not both');
    const planned = args.length > 0 ? args.map(parseForwardWord) : await fromFile(flags.file, io.cwd);
    refuseSamePorts(planned);
    if (flags.detach === true) return await detach(io, { format, signal });
    return await forwardUntilStopped(planned, { format, globals, io, signal });
  },
});

async function forwardUntilStopped(
  planned: readonly PlannedForward[],
  {
    format,
    globals,
    io,
    signal,
  }: { format: 'json' | undefined; globals: GlobalFlags; io: CommandIo; signal: AbortSignal },
): Promise<number> {
  const report = openReport(io, format);
  await using contexts = await openForwardContexts(new Set(planned.map(({ context }) => context)), { globals, io });
  await using running = await startForwards(planned, {
    contexts,
    signal,
    onChange: (status) => report.changed(status),
    onFailure: (status, why) => report.failure(status, why),
  });
  const working = () => running.all.filter(({ status }) => status.state.kind !== 'failed');
  const over = Promise.withResolvers<void>();
  const statuses = () => running.all.map(({ status }) => status);
  const control = join(recordsDirectory(io.env), `${process.pid}.sock`);
  // The directory of the socket is made with the record.
  await using place = await recordForwards(null);
  await using served = await serveControl(control, {
    statuses,
    async stop(ports) {
      await running.stop(ports);
      report.changed();
      if (working().length === 0) over.resolve();
      else await recordForwards(control);
    },
  });
  await using _record = served === undefined ? place : await recordForwards(control);
  report.started(statuses);
  const began = working().length > 0;
  if (began && isDetached(io.env)) tellBegun(statuses());
  if (signal.aborted) over.resolve();
  signal.addEventListener('abort', () => over.resolve(), { once: true });
  if (began) await over.promise;
  report.end();
  return began ? 0 : 1;

  /** For `why localhost:PORT`, `ls`, `--status` and `--stop`. */
  function recordForwards(at: string | null): Promise<AsyncDisposable> {
    const forwards = working().flatMap(({ status: { to, local }, context }) =>
      context === undefined ? [] : [{ to, port: local, context: context.name ?? null, server: context.config.server }],
    );
    return recordReach(io.env, { forwards, control: at });
  }
}

async function detach(
  io: CommandIo,
  { format, signal }: { format: 'json' | undefined; signal: AbortSignal },
): Promise<number> {
  const { forwards, pid, log } = await detachForwards(io, signal);
  if (format === 'json') {
    io.stdout.write(await formatStructured({ pid, log, forwards }, 'json', io.stdout, { keepOrder: true }));
    return 0;
  }
  for (const { to, local, state } of forwards)
    io.stdout.write(
      escapeControls(
        state.kind === 'failed' ? `${to}: FAILED: ${state.why}\n` : `Forwarding localhost:${local} to ${to}\n`,
      ),
    );
  io.stdout.write('Next: fairlead forward --status; fairlead forward --stop [LOCALPORT...]\n');
  return 0;
}

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
