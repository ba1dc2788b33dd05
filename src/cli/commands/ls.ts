import { Progress } from '../cluster/progress.ts';
import { defineCommand, type Invocation, UsageError } from '../command.ts';
import { parseTimeout } from '../connect.ts';
import { workingForwards } from '../forward/working-forwards.ts';
import { unlessInterrupted } from '../interrupted.ts';
import { FollowedForwards } from '../ls/followed-forwards.ts';
import { openRowPrinter } from '../ls/print-rows.ts';
import { readServices } from '../ls/read-context.ts';
import { watchContext } from '../ls/watch-context.ts';
import { openContexts } from '../proxy/open-contexts.ts';
import { runningGateways } from '../proxy/running-gateways.ts';

const flagTable = {
  context: {
    type: 'list',
    value: 'NAME',
    description: 'context to look at, several times for several (default: the current one)',
    complete: 'contexts',
  },
  'all-contexts': { type: 'boolean', description: 'every context of the kubeconfig' },
  'all-namespaces': {
    type: 'boolean',
    short: 'A',
    description: 'in every namespace that you may see (the default without -n)',
  },
  watch: {
    type: 'boolean',
    short: 'w',
    description: 'go on, and print each service again when it or a forward to it changes',
  },
  output: {
    type: 'string',
    short: 'o',
    value: 'FORMAT',
    choices: ['wide', 'json'],
    description: 'wide: type, all ways; json',
  },
} as const;

export const lsCommand = defineCommand({
  usage: '',
  description:
    'Over all namespaces of the current context, or of several. WAY is the best one: the host name under a gateway of yours that runs,\n' +
    'a local port of a forward, the address of a pod of this machine, a port-forward ("fairlead open", "fairlead forward"), or the\n' +
    "API server's proxy verb; or why there is none. READY counts endpoints. A context that does not answer is told on stderr and\n" +
    'does not hold the others up; the exit code is then 1.',
  examples: [
    { does: 'All services of the current context', line: 'fairlead ls' },
    { does: 'Of one namespace, with all ways', line: 'fairlead ls -n shop -o wide' },
    { does: 'Over all clusters of the kubeconfig', line: 'fairlead ls --all-contexts' },
    { does: 'As they change', line: 'fairlead ls --context staging --context production --watch' },
    {
      does: 'What is not well, for a program',
      line: `fairlead ls -o json | jq '.services[] | select(.health == "down")'`,
    },
  ],
  flags: flagTable,
  arguments: { min: 0, max: 0 },
  run: (invocation) => unlessInterrupted(invocation.signal, () => list(invocation)),
});

async function list({ flags, globals, io, signal }: Invocation<typeof flagTable>): Promise<number> {
  const everywhere = flags['all-namespaces'] === true;
  if (everywhere && globals.namespace !== undefined) throw new UsageError('-A is every namespace: leave -n out');
  const namespace = everywhere ? undefined : globals.namespace;
  const limitMs = parseTimeout(globals['request-timeout']) ?? 10_000;
  const choice = { contexts: flags.context, all: flags['all-contexts'] === true, globals };
  await using opened = await openContexts(choice, io);
  const several = opened.contexts.length + opened.unusable.length > 1;
  const printer = openRowPrinter(io, {
    format: flags.output,
    contexts: several ? opened.contexts.map(({ name }) => name) : undefined,
    watch: flags.watch === true,
  });
  const progress = new Progress(io.stderr);
  const [gateways, working] = await Promise.all([runningGateways(io.env, signal), workingForwards(io.env)]);
  for (const { name, why } of opened.unusable) printer.trouble(name, why, { told: true });
  progress.begin(`asking ${opened.contexts.length === 1 ? 'the cluster' : `${opened.contexts.length} clusters`}`);
  const forwards = new FollowedForwards(working);
  await Promise.all([
    flags.watch === true && opened.contexts.length > 0 && forwards.follow(io.env, signal),
    ...opened.contexts.map(async (context) => {
      const facts = { name: context.name, server: context.config.server, gateways };
      if (flags.watch === true) {
        progress.end();
        await watchContext(context, { namespace, facts, forwards, signal, printer });
        return;
      }
      const silence = AbortSignal.timeout(limitMs);
      try {
        const { rows, narrowed } = await readServices(context, {
          namespace,
          facts: { ...facts, forwards: working },
          signal: AbortSignal.any([signal, silence]),
        });
        progress.end();
        printer.rows(rows);
        if (narrowed !== undefined) printer.narrowed(context.name, narrowed);
      } catch (error) {
        signal.throwIfAborted();
        const why = silence.aborted
          ? `no answer for ${limitMs / 1000} s`
          : error instanceof Error
            ? error.message
            : String(error);
        progress.end();
        printer.trouble(context.name, why);
      }
    }),
  ]);
  progress.end();
  return printer.end();
}
