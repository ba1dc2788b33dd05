/** Whether each pod takes a connection on the port, through a port-forward, or else the proxy verb. */
import { failed, type LiveCheck, note, type Outcome, ok, skipped } from '../check.ts';
import { crashedBefore, lastEnd, logsOfTheLast } from '../pod-trouble.ts';
import type { VerbProbe } from '../probe-verb.ts';

export const connectionCheck: LiveCheck = {
  name: 'connection',
  check({ kubectl, pods }, probes, verb) {
    if (probes.length === 0) return skipped('no port of a pod was named');
    const refused = probes.filter(({ result }) => result.kind === 'refused');
    const denied = probes.filter(({ result }) => result.kind === 'denied');
    const broken = probes.filter(({ result }) => result.kind === 'broken');
    const [first] = [...refused, ...denied, ...broken];
    if (first === undefined)
      return ok(
        `${probes
          .map(({ pod, port }) => `${pod}:${port}`)
          .slice(0, 5)
          .join(', ')} taken`,
      );
    const all = refused.length + denied.length + broken.length === probes.length;
    const name = `${first.pod}:${first.port}`;
    const why = 'why' in first.result ? first.result.why : '';
    if (first.result.kind === 'refused') {
      const pod = pods.find(({ metadata }) => metadata.name === first.pod);
      const crashed = pod && crashedBefore(pod);
      const because =
        crashed === undefined
          ? 'the process does not listen there, or only on another address or port'
          : `container ${crashed.name} runs again; ${lastEnd(crashed)}`;
      const says = `${name} refuses connections: ${because} (${why})`;
      const fix = kubectl(crashed === undefined ? `logs ${first.pod}` : logsOfTheLast(first.pod, crashed));
      return all ? failed(says, fix) : note(says, fix);
    }
    if (first.result.kind === 'denied') {
      const says = `a port-forward to ${name} was refused: ${why}`;
      const fix = kubectl('auth can-i create pods/portforward');
      return verb === undefined ? failed(says, fix) : byVerb(verb, { says, fix, logs: kubectl(`logs ${first.pod}`) });
    }
    const says = `a connection to ${name} broke: ${why}`;
    return all ? failed(says, kubectl(`describe pod ${first.pod}`)) : note(says, kubectl(`describe pod ${first.pod}`));
  },
};

/** `says`: what became of the port-forward. */
function byVerb({ to, result }: VerbProbe, { says, fix, logs }: { says: string; fix: string; logs: string }): Outcome {
  if (result.kind === 'answered')
    return ok(`the API server's proxy verb leads to ${to}, for HTTP only; a port-forward is refused`);
  if (result.kind === 'unasked')
    return note(`${says}; only HTTP gets through, by the proxy verb, and nothing says that ${to} is HTTP`, fix);
  if (result.kind === 'denied') return failed(`${says}; so was the proxy verb: ${result.why}`, fix);
  return failed(`the API server's proxy verb does not get through to ${to}: ${result.why}`, logs);
}
