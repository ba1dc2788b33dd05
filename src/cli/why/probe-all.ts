/** Which ports of which pods connections would go to, and what became of them. */
import type { ServicePort } from '../../api/types/core-v1.ts';
import { backendsOf } from '../../gateway/backends.ts';
import { choosePort, podPorts, speaksTls } from '../../gateway/service-ports.ts';
import { looksLikeHttp, saysHttp } from '../../ui/http-ports.ts';
import type { Facts } from './facts.ts';
import { isReadyPod } from './pod-trouble.ts';
import { type PodProbe, type ProbedPod, probePod } from './probe-pod.ts';
import { askByVerb, type VerbProbe } from './probe-verb.ts';

/** So many pods are connected to. */
const mostProbes = 10;

type Probed = ProbedPod & { servicePort: ServicePort };

/** `verb`: where no port-forward may be opened, and HTTP takes the other way. */
export async function probeAll(
  facts: Facts,
  signal: AbortSignal,
): Promise<{ probes: PodProbe[]; verb: VerbProbe | undefined }> {
  const { client } = facts.cluster;
  const probed = portsOf(facts).slice(0, mostProbes);
  const probes = await Promise.all(probed.map((pod) => probePod(client, pod, signal)));
  const [first] = probed;
  if (first === undefined || !probes.every(({ result }) => result.kind === 'denied' && result.leavesVerb))
    return { probes, verb: undefined };
  return { probes, verb: await probeVerb(facts, first, signal) };
}

/** Undefined where the port is known to be none of HTTP. */
async function probeVerb(
  { cluster, service, target, namespace }: Facts,
  { pod, port, speaks, servicePort }: Probed,
  signal: AbortSignal,
): Promise<VerbProbe | undefined> {
  const to =
    service === undefined
      ? `pod/${pod}:${port}`
      : `${namespace}/${target.name}:${servicePort.name || servicePort.port}`;
  if (speaks === 'tcp') return looksLikeHttp(servicePort) ? { to, result: { kind: 'unasked' } } : undefined;
  const scheme = speaks === 'https' ? 'https:' : '';
  const object =
    service === undefined
      ? `pods/${scheme}${pod}:${port}`
      : `services/${scheme}${target.name}:${servicePort.name || servicePort.port}`;
  const path = `/api/v1/namespaces/${namespace}/${object}/proxy/`;
  return { to, result: await askByVerb(cluster.client, path, signal) };
}

/** The ports that connections would go to. */
function portsOf({ service, port, slices, pods, target, namespace }: Facts): Probed[] {
  if (service !== undefined) {
    if (port === undefined || slices === undefined) return [];
    return backendsOf({ service, slices }, port).map(({ pod, uid, port: number }) => {
      const known = uid === '' ? undefined : uid;
      return { namespace, pod, uid: known, port: number, speaks: spoken(port), servicePort: port };
    });
  }
  return pods.filter(isReadyPod).flatMap((pod) => {
    const ports = podPorts(pod);
    const choice = choosePort({ apiVersion: 'v1', kind: 'Service', metadata: {}, spec: { ports } }, target.port);
    const undeclared =
      target.port !== undefined && /^\d+$/.test(target.port) ? { port: Number(target.port) } : undefined;
    const port = choice.kind === 'port' ? choice.port : undeclared;
    if (port === undefined) return [];
    const { name = '', uid } = pod.metadata;
    return [{ namespace, pod: name, uid, port: port.port, speaks: spoken(port), servicePort: port }];
  });
}

/** What does not say that it is HTTP is not asked for a page: a server of another protocol may wait for its own. */
function spoken(port: ServicePort): ProbedPod['speaks'] {
  if (!saysHttp(port)) return 'tcp';
  return speaksTls(port) ? 'https' : 'http';
}
