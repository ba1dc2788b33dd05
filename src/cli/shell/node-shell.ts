/** A shell on a node: in a pod with all rights there, which is gone when it is left. */
import { randomBytes } from 'node:crypto';
import { isReason } from '../../api/status.ts';
import type { Node, Pod } from '../../api/types/core-v1.ts';
import { containerStatus } from '../../client/log/container-runs.ts';
import { Progress } from '../cluster/progress.ts';
import { CommandError, type CommandIo } from '../command.ts';
import type { Objects } from '../objects/open-objects.ts';
import { podsOf } from '../pods/find-pods.ts';
import { podOverTime } from '../pods/pod-states.ts';
import { escapeControls } from '../print/escape.ts';
import { sit } from './container-shell.ts';

export interface NodeShell {
  objects: Objects;
  io: CommandIo;
  signal: AbortSignal;
  image: string;
  /** The pod ends after this time, whatever became of this program. */
  limitSeconds: number;
  timeoutMs: number;
}

const container = 'shell';
/** The node's own shell in its own file system; a node without one (Talos, Bottlerocket) is seen from the pod's. */
const enter =
  'for s in /bin/bash /bin/sh /usr/bin/bash /usr/bin/sh; do ' +
  'if [ -x "/host$s" ] || [ -L "/host$s" ]; then chroot /host "$s" -c true 2>/dev/null && exec chroot /host "$s"; fi; done; ' +
  'echo "The node has no shell of its own: its files are in /host." >&2; exec sh';

/** Returns the shell's exit code. Throws CommandError, StatusError; the pod is removed in every case. */
export async function nodeShell(node: Node, options: NodeShell): Promise<number> {
  const name = node.metadata.name ?? '';
  if (node.status?.nodeInfo?.containerRuntimeVersion?.startsWith('process://') === true) {
    const host = node.status.addresses?.find(({ type }) => type === 'Hostname')?.address ?? name;
    throw new CommandError(
      `node ${name} runs its pods as processes of the machine ${host}: a shell there is a shell of that machine, which you have by logging in to it`,
    );
  }
  const { objects, io, signal } = options;
  const { namespace } = objects.reader.config;
  const pods = podsOf(objects);
  // To its end: a pod whose making was given up could be there all the same.
  const made = await pods.create(debugPod(name, options), { fieldManager: 'fairlead-shell' });
  const podName = made.metadata.name ?? '';
  // From here on it is removed, whatever happens; and where this program is killed, its own limit ends it.
  try {
    io.stderr.write(
      escapeControls(`Pod ${namespace}/${podName} has all rights on node ${name}; it goes when you leave.\n`),
    );
    signal.throwIfAborted();
    const pod = await untilRunning(made, options);
    return await sit({ client: objects.reader.client, pod, container, io, signal }, ['sh', '-c', enter]);
  } catch (error) {
    if (signal.aborted) return 130;
    throw error;
  } finally {
    await pods.delete(podName, { namespace, gracePeriodSeconds: 0 }).catch((error: unknown) => {
      if (isReason(error, 'NotFound')) return;
      const why = error instanceof Error ? error.message : String(error);
      io.stderr.write(
        escapeControls(
          `warning: pod ${namespace}/${podName} could not be removed (${why}): fairlead delete pod ${podName} -n ${namespace}; by itself it ends ${options.limitSeconds} s after its start\n`,
        ),
      );
    });
  }
}

function debugPod(node: string, { objects, image, limitSeconds }: NodeShell): Pod {
  const suffix = randomBytes(3).toString('hex');
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `node-shell-${node.replaceAll('.', '-').slice(0, 40).replace(/-+$/, '')}-${suffix}`,
      namespace: objects.reader.config.namespace,
      labels: { 'app.kubernetes.io/managed-by': 'fairlead', 'app.kubernetes.io/name': 'node-shell' },
    },
    spec: {
      nodeName: node,
      hostPID: true,
      hostNetwork: true,
      hostIPC: true,
      restartPolicy: 'Never',
      activeDeadlineSeconds: limitSeconds,
      terminationGracePeriodSeconds: 0,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      tolerations: [{ operator: 'Exists' }],
      containers: [
        {
          name: container,
          image,
          command: ['sleep', String(limitSeconds)],
          securityContext: { privileged: true },
          volumeMounts: [{ name: 'host', mountPath: '/host' }],
        },
      ],
      volumes: [{ name: 'host', hostPath: { path: '/' } }],
    },
  };
}

async function untilRunning(made: Pod, { objects, io, signal, timeoutMs }: NodeShell): Promise<Pod> {
  const { name = '', namespace = '' } = made.metadata;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const progress = new Progress(io.stderr);
  progress.begin(`Waiting for pod ${namespace}/${name}`);
  let last = made;
  try {
    for await (const pod of podOverTime(objects, { namespace, name }, limit)) {
      if (pod === undefined) throw new CommandError(`pod ${namespace}/${name} was deleted meanwhile`);
      last = pod;
      if (containerStatus(pod, container)?.state?.running !== undefined) return pod;
      if (pod.status?.phase === 'Failed') {
        throw new CommandError(
          `pod ${namespace}/${name} failed: ${pod.status.message ?? pod.status.reason ?? 'no reason given'}`,
        );
      }
    }
  } finally {
    progress.end();
  }
  signal.throwIfAborted();
  const waiting = containerStatus(last, container)?.state?.waiting;
  const why = [waiting?.reason, waiting?.message].filter(Boolean).join(': ');
  throw new CommandError(
    `pod ${namespace}/${name} did not run within ${timeoutMs / 1000} s${why === '' ? '' : ` (${why})`}; --image chooses another image`,
  );
}
