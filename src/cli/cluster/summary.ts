/** What `up` and `status` say of a running cluster. */
import { homedir } from 'node:os';
import type { ClusterRecord } from './record.ts';

export interface DemoFacts {
  url: string;
}

/** The form of `-o json`. */
export function factsOf(record: ClusterRecord, demo?: DemoFacts): object {
  const { process: identity, ...facts } = record;
  return { ...facts, pid: identity.pid, ...(demo === undefined ? {} : { demoUrl: demo.url }) };
}

export function summaryOf(
  record: ClusterRecord,
  {
    demo,
    detached,
    env,
  }: { demo: DemoFacts | undefined; detached: boolean; env: Readonly<Record<string, string | undefined>> },
): string {
  const option = record.name === 'default' ? '' : ` --name ${record.name}`;
  const lines = [
    `Cluster "${record.name}" is ready after ${record.readyMilliseconds} ms.`,
    '',
    ...factLines(record, env),
    ...(demo === undefined ? [] : [`  Sample app  ${demo.url}`]),
    '',
    'Next:',
    `  open ${record.gatewayUrl} in a browser: every service, one click away`,
    `  kubectl --context ${record.context} get pods -A`,
    detached
      ? `  fairlead down${option}`
      : `  Ctrl-C stops it${record.keepsData ? '; the data stays' : ' and forgets everything'}`,
    '',
  ];
  return lines.join('\n');
}

export function factLines(record: ClusterRecord, env: Readonly<Record<string, string | undefined>>): string[] {
  return [
    `  API         ${record.apiUrl}`,
    `  Context     ${record.context}, in ${shorten(record.kubeconfig, env)}`,
    `  Gateway     ${record.gatewayUrl}`,
    `  Data        ${record.keepsData ? shorten(record.directory, env) : 'in memory, gone when it stops'}`,
    `  Nodes       ${record.nodes === 0 ? 'none: pods stay Pending' : record.nodes}`,
    ...record.modes.map((mode, index) => `${index === 0 ? '  Limits      ' : '              '}${mode}`),
  ];
}

function shorten(path: string, env: Readonly<Record<string, string | undefined>>): string {
  const home = env.HOME ?? homedir();
  return path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}
