import type { UnstructuredObject } from '../../api/object.ts';
import { CommandError, defineCommand, type Invocation, UsageError } from '../command.ts';
import { readNamed } from '../name-hint.ts';
import { exposable } from '../objects/exposable.ts';
import { generate, generateFlags } from '../objects/generate.ts';
import { fileFlags } from '../objects/object-flags.ts';
import { portFlag } from '../port-number.ts';

const flags = {
  ...generateFlags,
  ...fileFlags,
  port: { type: 'string', value: 'PORTS', description: "the service's port; by default the ports of the object" },
  'target-port': { type: 'string', value: 'PORT', description: "the pods' port by number or name (default: the same)" },
  protocol: { type: 'string', value: 'NAME', description: 'TCP (default), UDP or SCTP' },
  name: { type: 'string', value: 'NAME', description: 'name of the service (default: that of the object)' },
  type: {
    type: 'string',
    value: 'TYPE',
    choices: ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'],
    description: 'from where it can be reached (default ClusterIP)',
  },
  selector: { type: 'string', value: 'LABELS', description: "which pods: KEY=VALUE,… (default: the object's)" },
  labels: { type: 'string', short: 'l', value: 'LABELS', description: "labels of the service (default: the object's)" },
  'external-ip': { type: 'string', value: 'IP', description: 'an address that leads to a node, to accept besides' },
  'load-balancer-ip': { type: 'string', value: 'IP', description: 'the address that a LoadBalancer shall have' },
  'session-affinity': {
    type: 'string',
    value: 'HOW',
    choices: ['None', 'ClientIP'],
    description: 'ClientIP: a client stays with one pod',
  },
  'cluster-ip': { type: 'string', value: 'IP', description: 'a chosen address, or None for a headless Service' },
} as const;

export const exposeCommand = defineCommand({
  usage: 'TYPE NAME | TYPE/NAME | -f FILE',
  examples: [
    {
      does: 'Port 80 of a Service leads to 8080 of the pods',
      line: 'fairlead expose deploy/web --port=80 --target-port=8080',
    },
    {
      does: 'A second name for a Service, on another port',
      line: 'fairlead expose svc/web --name=web-alt --port=8081',
    },
  ],
  flags,
  arguments: { min: 0, max: Number.POSITIVE_INFINITY, complete: ['objects'] },
  run,
});

type Flags = Invocation<typeof flags>['flags'];

async function run(invocation: Invocation<typeof flags>): Promise<number> {
  const { args, flags } = invocation;
  return generate(invocation, async (objects) => {
    const { filename, recursive, kustomize } = flags;
    const targets = await objects.select(args, { filename, recursive, kustomize });
    const [target, more] = targets;
    if (target === undefined || more !== undefined) {
      throw new CommandError(`one object is exposed at a time, and these are ${targets.length}`);
    }
    const object =
      target.source === undefined ? await readNamed(objects, target) : (target.object ?? (await objects.read(target)));
    return { namespaced: true, done: 'exposed', manager: 'kubectl-expose', object: serviceFor(object, flags) };
  });
}

function serviceFor(object: UnstructuredObject, flags: Flags): UnstructuredObject {
  const { ports: known, selector } = exposable(object);
  const clusterIP = flags['cluster-ip'];
  const headless = clusterIP === 'None';
  const wanted = flags.port?.split(',').map(portFlag) ?? [...known.keys()];
  if (wanted.length === 0 && !headless) {
    throw new CommandError(`${object.kind} "${object.metadata.name}" names no port: give one with --port`);
  }
  const several = wanted.length > 1;
  const ports = wanted.flatMap((port, index) => {
    const protocols = flags.protocol === undefined ? (known.get(port) ?? ['TCP']) : [flags.protocol];
    const [only, more] = protocols;
    const base = several ? `port-${index + 1}` : undefined;
    const targetPort = target(flags['target-port']) ?? port;
    if (only !== undefined && more === undefined) {
      return [{ ...(base !== undefined && { name: base }), port, protocol: only, targetPort }];
    }
    return protocols.map((protocol) => ({
      name: `port-${index + 1}-${protocol.toLowerCase()}`,
      port,
      protocol,
      targetPort,
    }));
  });
  const labels = flags.labels === undefined ? object.metadata.labels : pairs(flags.labels, '--labels');
  const name = flags.name ?? (object.metadata.name ?? '').slice(0, 63);
  const { type } = flags;
  const affinity = flags['session-affinity'];
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, ...(labels !== undefined && { labels }) },
    spec: {
      selector: flags.selector === undefined ? selector() : pairs(flags.selector, '--selector'),
      ...(ports.length > 0 && { ports }),
      ...(flags['external-ip'] !== undefined && { externalIPs: [flags['external-ip']] }),
      ...(type !== undefined && { type }),
      ...(type === 'LoadBalancer' &&
        flags['load-balancer-ip'] !== undefined && { loadBalancerIP: flags['load-balancer-ip'] }),
      ...(affinity !== undefined && { sessionAffinity: affinity }),
      ...(clusterIP !== undefined && { clusterIP }),
    },
    status: { loadBalancer: {} },
  };
}

function target(text: string | undefined): number | string | undefined {
  return text !== undefined && /^\d+$/.test(text) ? portFlag(text) : text;
}

function pairs(text: string, flag: string): Record<string, string> {
  return Object.fromEntries(
    text.split(',').map((pair) => {
      const equals = pair.indexOf('=');
      if (equals <= 0) throw new UsageError(`invalid ${flag} "${text}": KEY=VALUE, separated by commas, is needed`);
      return [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );
}
