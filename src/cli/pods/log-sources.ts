/** Whose logs are to be shown: containers of pods. */
import type { Pod } from '../../api/types/core-v1.ts';
import { allContainers } from '../../client/log/container-runs.ts';
import type { CommandIo } from '../command.ts';
import type { Objects } from '../objects/open-objects.ts';
import { escapeControls } from '../print/escape.ts';
import { chooseContainer } from './containers.ts';
import { findPodSource, podsOf, selectPods } from './find-pods.ts';
import { byLogging } from './pod-order.ts';

export interface LogSource {
  namespace: string;
  pod: string;
  container: string;
}

export interface LogChoice {
  /** POD, TYPE/NAME; none with a selector. */
  word: string | undefined;
  selector: string | undefined;
  container: string | undefined;
  allContainers: boolean;
  allPods: boolean;
  timeoutMs: number;
}

/** Throws StatusError and CommandError as `findPodSource` and `chooseContainer`. */
export async function logSources(
  choice: LogChoice,
  { objects, io, signal }: { objects: Objects; io: CommandIo; signal: AbortSignal },
): Promise<LogSource[]> {
  const pods = await choosePods(choice, { objects, io, signal });
  return pods.flatMap((pod) => {
    const { name = '', namespace = '' } = pod.metadata;
    const quiet = choice.allPods;
    const chosen = choice.allContainers ? allContainers(pod) : [chooseContainer(pod, choice.container, { io, quiet })];
    return chosen.map((container) => ({ namespace, pod: name, container: container.name }));
  });
}

async function choosePods(
  { word, selector, allPods, timeoutMs }: LogChoice,
  { objects, io, signal }: { objects: Objects; io: CommandIo; signal: AbortSignal },
): Promise<readonly Pod[]> {
  const { namespace } = objects.reader.config;
  if (word === undefined) {
    const { items } = await podsOf(objects).list({ namespace, labelSelector: selector ?? '', signal });
    if (items.length === 0) io.stderr.write(escapeControls(`No resources found in ${namespace} namespace.\n`));
    return items;
  }
  const source = await findPodSource([word], { objects, signal });
  if (source.kind === 'pod') return [source.pod];
  const pods = await selectPods(source.selector, { objects, signal, order: byLogging, timeoutMs });
  if (allPods) return pods;
  const [first, ...others] = pods;
  if (others.length > 0) {
    io.stderr.write(escapeControls(`Found ${pods.length} pods, using pod/${first.metadata.name}\n`));
  }
  return [first];
}
