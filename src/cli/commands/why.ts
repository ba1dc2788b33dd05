import { openClusterClient } from '../../client/cluster-client-http.ts';
import { Progress } from '../cluster/progress.ts';
import { defineCommand, type Invocation } from '../command.ts';
import { clusterConfig } from '../connect.ts';
import { unlessInterrupted } from '../interrupted.ts';
import { escapeControls } from '../print/escape.ts';
import { formatStructured } from '../print/structured.ts';
import { parseReachTarget } from '../reach/target.ts';
import type { OutcomeState, Step } from '../why/check.ts';
import { walk } from '../why/walk.ts';

const flagTable = {
  output: { type: 'string', short: 'o', value: 'FORMAT', choices: ['json'], description: 'print all steps as JSON' },
} as const;

export const whyCommand = defineCommand({
  usage: 'TARGET',
  description:
    'Walks the way of a connection, from the port on this machine to the port of each pod: listener, context, server,\n' +
    'credentials, rights, name, type, port, selector, pods, endpoints, policies, DNS, and then really connects and asks.\n' +
    'Each step is told; the first that is wrong ends the walk, with the command that mends it or shows more.\n' +
    'TARGET: SERVICE[.NAMESPACE][:PORT], NAMESPACE/SERVICE[:PORT], svc/NAME, pod/NAME, deploy/NAME (sts, ds, rs), a URL of a\n' +
    'gateway, localhost:PORT, or the address of a service or a pod. Nothing on the cluster is changed. The exit code is 0 when all\n' +
    'is well, and 1 when something is wrong.',
  examples: [
    { does: 'A service', line: 'fairlead why web.shop' },
    { does: 'What the browser was refused', line: 'fairlead why http://web.shop.localhost:8001/' },
    { does: 'A forward that does not answer', line: 'fairlead why localhost:15432' },
    { does: 'A port of one pod', line: 'fairlead why pod/db-0:5432 -n shop' },
    { does: 'For a program', line: 'fairlead why deploy/web -o json' },
  ],
  flags: flagTable,
  arguments: { min: 1, max: 1, complete: ['names of services'] },
  run: (invocation) => unlessInterrupted(invocation.signal, () => explain(invocation)),
});

async function explain({
  args: [text = ''],
  flags,
  globals,
  io,
  signal,
}: Invocation<typeof flagTable>): Promise<number> {
  const target = parseReachTarget(text);
  const steps: Step[] = [];
  const progress = new Progress(io.stderr);
  await using clients = new AsyncDisposableStack();
  const open = async (context: string | undefined) => {
    const config = await clusterConfig({ ...globals, context: context ?? globals.context }, io);
    return { name: config.origin?.context, config, client: clients.use(openClusterClient(config)) };
  };
  progress.begin('looking');
  for await (const step of walk({ target, env: io.env, signal, open })) {
    progress.end();
    steps.push(step);
    if (flags.output === undefined) io.stdout.write(stepLine(step));
    progress.begin('looking further');
  }
  progress.end();
  const wrong = steps.find(({ state }) => state === 'failed');
  if (flags.output === 'json') {
    const report = { target: text, ok: wrong === undefined, steps };
    io.stdout.write(await formatStructured(report, 'json', io.stdout, { keepOrder: true }));
  } else io.stdout.write(conclusion(text, steps));
  return wrong === undefined ? 0 : 1;
}

const words: Readonly<Record<OutcomeState, string>> = { ok: 'ok', note: 'note', failed: 'FAILED', skipped: 'skipped' };

function stepLine({ check, state, says }: Step): string {
  return escapeControls(`${words[state].padEnd(9)}${check.padEnd(16)}${says.replaceAll('\n', ' ')}\n`);
}

function conclusion(text: string, steps: readonly Step[]): string {
  const wrong = steps.find(({ state }) => state === 'failed');
  const noted = steps.filter(({ state, fix }) => state === 'note' && fix !== undefined);
  if (wrong === undefined) {
    const more = noted.length === 0 ? '' : `Worth a look:\n${noted.map(({ fix }) => `  ${fix}\n`).join('')}`;
    const end = steps.some(({ check, state }) => check === 'connection' && state === 'ok')
      ? `${text} can be reached.`
      : 'Nothing is wrong as far as this could look.';
    return escapeControls(`\n${end}\n${more}`);
  }
  return escapeControls(
    `\nThe first thing that is wrong: ${wrong.check}.\n${wrong.fix === undefined ? '' : `What to do:\n  ${wrong.fix}\n`}`,
  );
}
