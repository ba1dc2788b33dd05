/** Whether a word of `--stop` means a forward that runs: by its local port, its name, or any form that would start it. */
import { UsageError } from '../command.ts';
import type { ForwardStatus } from './forward.ts';
import { type PlannedForward, parseForwardWord } from './planned.ts';

type Named = Pick<ForwardStatus, 'to' | 'local'>;

/** Those that it means; several where it names neither namespace nor context, and some differ in these alone. */
export function forwardsMeant<T extends Named>(word: string, running: readonly T[]): T[] {
  const exact = running.filter(({ to, local }) =>
    [String(local), `localhost:${local}`, to, `${to}=${local}`].includes(word),
  );
  if (exact.length > 0) return exact;
  let wanted: PlannedForward;
  try {
    wanted = parseForwardWord(word);
  } catch (error) {
    if (error instanceof UsageError) return [];
    throw error;
  }
  const local = /=(\d+)$/.exec(word)?.[1];
  return running.filter((each) => {
    // 0 asked for any free port.
    if (local !== undefined && Number(local) !== 0 && Number(local) !== each.local) return false;
    const { context, kind, namespace, name, port } = forwardParts(each.to);
    const { target } = wanted;
    return (
      kind === target.kind &&
      name === target.name &&
      port === target.port &&
      (target.namespace === undefined || target.namespace === namespace) &&
      (wanted.context === undefined || wanted.context === context)
    );
  });
}

/** Of `[CONTEXT/]NAMESPACE/SERVICE[:PORT]` or `[CONTEXT/]POD.NAMESPACE.pod[:PORT]`; contexts may have slashes and colons. */
export function forwardParts(to: string): {
  context: string | undefined;
  kind: 'service' | 'pod';
  namespace: string;
  name: string;
  port: string | undefined;
} {
  const pod = /^(?:(.*)\/)?([^/]+)\.([^/.:]+)\.pod(?::([^/:]+))?$/.exec(to);
  if (pod !== null) return { context: pod[1], kind: 'pod', namespace: pod[3] ?? '', name: pod[2] ?? '', port: pod[4] };
  const [, context, namespace = '', name = '', port] = /^(?:(.*)\/)?([^/]+)\/([^/:]+)(?::([^/:]+))?$/.exec(to) ?? [];
  return { context, kind: 'service', namespace, name, port };
}
