/** A user at the streams of a container's own process, for `attach` and `run`. */
import type { Pod } from '../../api/types/core-v1.ts';
import type { ClusterClient } from '../../client/cluster-client.ts';
import type { ExecSession } from '../../client/exec.ts';
import { openPod } from '../../client/pod.ts';
import type { CommandIo } from '../command.ts';
import { escapeControls } from '../print/escape.ts';
import { chooseContainer } from './containers.ts';
import { explainedByState } from './explain-container.ts';
import { runSession, type SessionEnd } from './session.ts';

export interface AttachSession {
  io: CommandIo;
  signal: AbortSignal;
  container: string | undefined;
  stdin: boolean;
  tty: boolean;
  quiet: boolean;
  detachKeys: Buffer;
  /** What is made of the streams before they are told; default: nothing. */
  through?: (session: ExecSession) => ExecSession;
}

/** Throws StatusError, CommandError. */
export async function attachTo(client: ClusterClient, pod: Pod, options: AttachSession): Promise<SessionEnd> {
  const { io, quiet, stdin } = options;
  const container = chooseContainer(pod, options.container, { io, quiet });
  const { name = '', namespace = '' } = pod.metadata;
  if (options.tty && container.tty !== true && !quiet) {
    io.stderr.write(escapeControls(`Unable to use a TTY - container ${container.name} did not allocate one\n`));
  }
  if (!quiet) {
    io.stderr.write('What is typed and shown in this session is kept in the log of the container, passwords too.\n');
    io.stderr.write("If you don't see a command prompt, try pressing enter.\n");
  }
  const door = openPod(client, namespace, name);
  const end = await runSession({
    ...options,
    // As the container was made: of a process in a terminal there is but one output.
    tty: container.tty === true,
    quiet: quiet || !options.tty,
    redraw: true,
    open: async (how) => {
      try {
        const session = await door.attach({ ...how, tty: container.tty === true, container: container.name });
        return options.through?.(session) ?? session;
      } catch (error) {
        throw explainedByState(error, pod, container.name);
      }
    },
  });
  if (!quiet && stdin && end.inTerminal) {
    const line = `fairlead attach ${name} -c ${container.name} -n ${namespace} -i -t`;
    io.stdout.write(escapeControls(`Session ended, resume using '${line}' command\n`));
  }
  return end;
}
