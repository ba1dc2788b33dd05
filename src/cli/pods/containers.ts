/** Which container of a pod is meant, and what to say of the others. After kubectl's `podcmd`. */
import type { Container, Pod } from '../../api/types/core-v1.ts';
import { allContainers } from '../../client/log/container-runs.ts';
import { CommandError, type CommandIo } from '../command.ts';
import { hintInBrackets } from '../hint.ts';
import { nearest } from '../nearest.ts';
import { escapeControls } from '../print/escape.ts';

const defaultAnnotation = 'kubectl.kubernetes.io/default-container';

export const containerFlag = {
  container: {
    type: 'string',
    short: 'c',
    value: 'NAME',
    description: 'which container (default: the one that the pod names by annotation, else its first)',
    complete: 'containers',
  },
} as const;

/** `web, debugger (ephem), setup (init)`. */
export function containerNames({ spec }: Pod): string {
  return [
    ...(spec?.containers ?? []).map(({ name }) => name),
    ...(spec?.ephemeralContainers ?? []).map(({ name }) => `${name} (ephem)`),
    ...(spec?.initContainers ?? []).map(({ name }) => `${name} (init)`),
  ].join(', ');
}

/** Throws CommandError that lists what there is. Where the pod left a choice, that is told on stderr unless `quiet`. */
export function chooseContainer(
  pod: Pod,
  wanted: string | undefined,
  { io, quiet = false }: { io: Pick<CommandIo, 'stderr'>; quiet?: boolean },
): Container {
  const name = wanted ?? pod.metadata.annotations?.[defaultAnnotation];
  if (name !== undefined && name !== '') return findContainer(pod, name);
  const [first] = pod.spec?.containers ?? [];
  if (first === undefined) throw new CommandError(`pod ${pod.metadata.name} does not have any containers`);
  if (!quiet && allContainers(pod).length > 1) {
    io.stderr.write(escapeControls(`Defaulted container "${first.name}" out of: ${containerNames(pod)}\n`));
  }
  return first;
}

function findContainer(pod: Pod, name: string): Container {
  const found = allContainers(pod).find((each) => each.name === name);
  if (found !== undefined) return found;
  const close = nearest(
    name,
    allContainers(pod).map((each) => each.name),
  );
  throw new CommandError(
    `container ${name} is not valid for pod ${pod.metadata.name} out of: ${containerNames(pod)}${hintInBrackets(close)}`,
  );
}
