import type { Pod, Service } from '../../api/types/core-v1.ts';
import { oncePer } from '../../lib/once-per.ts';
import { isLoopback } from '../../net/loopback-host.ts';
import { Progress } from '../cluster/progress.ts';
import { defineCommand, type Invocation } from '../command.ts';
import { type Objects, openObjects } from '../objects/open-objects.ts';
import { findPodSource, type PodSource, parseRunningTimeout, runningTimeoutFlag } from '../pods/find-pods.ts';
import { type Forward, openForward } from '../port-forward/forward.ts';
import { PodPool } from '../port-forward/pod-pool.ts';
import { type PortSpec, parsePortSpec, podPort, servicePort, targetPort } from '../port-forward/port-spec.ts';
import { escapeControls } from '../print/escape.ts';

const flags = {
  ...runningTimeoutFlag,
  address: {
    type: 'list',
    commas: true,
    value: 'ADDRESS',
    description: 'addresses of this machine to listen on, localhost included (default localhost)',
  },
} as const;

export const portForwardCommand = defineCommand({
  usage: '(POD | TYPE/NAME) [LOCAL:]REMOTE...',
  description:
    'A connection that fails ends no other. Of a deployment, a service and the like every new connection goes to a ready\n' +
    'pod, as pods come and go; of a pod by its name the forward waits for one of that name when it is replaced.',
  examples: [
    { does: "A pod's port under the same number here", line: 'fairlead port-forward db-0 5432' },
    { does: "A service's port named https, on 8443 here", line: 'fairlead port-forward svc/web 8443:https' },
    { does: 'Two ports, one of them on any that is free here', line: 'fairlead port-forward deploy/web 8080:80 :9090' },
    { does: 'For others of the network too', line: 'fairlead port-forward svc/web 8080:80 --address 0.0.0.0' },
  ],
  flags,
  arguments: { min: 2, max: Number.POSITIVE_INFINITY, complete: ['pods or TYPE/NAME', 'nothing'] },
  run,
});

async function run(invocation: Invocation<typeof flags>): Promise<number> {
  const { args, flags, io, signal } = invocation;
  const [word = '', ...ports] = args;
  const specs = ports.map(parsePortSpec);
  const timeoutMs = parseRunningTimeout(flags['pod-running-timeout']);
  const addresses = flags.address.length > 0 ? flags.address : ['localhost'];
  await using objects = await openObjects(invocation);
  const source = await findPodSource([word], { objects, signal });
  const service = await serviceOf(source, objects, signal);
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const progress = new Progress(io.stderr);
  progress.begin('Waiting for a pod that runs');
  const { pool, first } = await PodPool.open({
    objects,
    query:
      source.kind === 'pod'
        ? { fieldSelector: `metadata.name=${source.pod.metadata.name}` }
        : { labelSelector: source.selector },
    ...(source.kind === 'pod' && { known: source.pod }),
    what: word.includes('/') ? word : `pod/${word}`,
    signal: either,
    timeoutMs,
  }).finally(() => progress.end());
  try {
    await using forwards = new AsyncDisposableStack();
    const complain = oncePer(silenceMs, (why) => io.stderr.write(escapeControls(`error: ${why}\n`)));
    for (const spec of specs) {
      const meant = portMeaning(spec, service);
      const remote = meant.portOf(first);
      const forward = forwards.use(
        await openForward({
          pool,
          addresses,
          local: spec.local ?? meant.local ?? remote,
          portOf: meant.portOf,
          signal: either,
          onConnection: (port) => void io.stdout.write(`Handling connection for ${port}\n`),
          onFailure: (port, why) => complain(`a connection for ${port} failed: ${why}`),
        }),
      );
      announce(forward, remote, io.stdout);
    }
    if (!addresses.every(isLoopback)) {
      io.stderr.write('warning: whoever reaches this machine can use these ports\n');
    }
    await pool.closed;
    return 0;
  } finally {
    stop.abort();
  }
}

async function serviceOf(source: PodSource, { reader }: Objects, signal: AbortSignal): Promise<Service | undefined> {
  if (source.kind === 'pod' || source.owner.kind !== 'Service') return undefined;
  const { namespace } = reader.config;
  return await reader.client
    .resource<Service>('v1', 'services')
    .get(source.owner.metadata.name ?? '', { namespace, signal });
}

/** A tool that tries again and again is told off once in this time. */
const silenceMs = 5000;

interface PortMeaning {
  portOf(pod: Pod): number;
  /** Where the user named none: the number that was written, or the Service's. */
  local: number | undefined;
}

function portMeaning({ remote }: PortSpec, service: Service | undefined): PortMeaning {
  if (service === undefined) return { portOf: (pod) => podPort(pod, remote), local: undefined };
  const port = servicePort(service, remote);
  return { portOf: (pod) => targetPort(service, port, pod), local: port.port };
}

function announce({ port, addresses }: Forward, remote: number, stdout: NodeJS.WritableStream): void {
  for (const address of addresses) {
    const host = address.includes(':') ? `[${address}]` : address;
    stdout.write(`Forwarding from ${host}:${port} -> ${remote}\n`);
  }
}
