/** Whether what is spoken on the port is what the service says. */
import { looksLikeHttp, saysHttp } from '../../../ui/http-ports.ts';
import { failed, type LiveCheck, note, ok, skipped } from '../check.ts';

export const httpCheck: LiveCheck = {
  name: 'http',
  check({ kubectl, port, target }, probes, verb) {
    if (verb?.result.kind === 'answered') {
      const answer = `GET / with ${verb.result.status}`;
      return verb.result.status < 500
        ? ok(`HTTP is spoken: ${verb.to} answers ${answer}`)
        : failed(`${verb.to} answers ${answer}`, kubectl(`logs ${probes[0]?.pod}`));
    }
    if (probes.length > 0 && port !== undefined && looksLikeHttp(port) && !saysHttp(port))
      return skipped(
        `the service does not say that ${port.name || port.port} is HTTP: it is not asked for a page (name it http-..., or set its appProtocol)`,
      );
    const spoken = probes.filter(
      ({ speaks, result }) => speaks !== 'tcp' && result.kind !== 'refused' && result.kind !== 'broken',
    );
    const [first] = spoken;
    if (first === undefined) return undefined;
    const wrong = spoken.find(({ result }) => result.kind === 'other');
    if (wrong?.result.kind === 'other') {
      const at = `${wrong.pod}:${wrong.port}`;
      const field = port?.name ? 'name or appProtocol' : 'appProtocol';
      if (wrong.result.found === 'https')
        return failed(
          `${at} speaks TLS, and the service's port is taken for plain HTTP: set its appProtocol to https`,
          appProtocol(kubectl, { name: target.name, port, to: 'https' }),
        );
      if (wrong.result.found === 'http')
        return failed(
          `${at} speaks plain HTTP, and the service's port is taken for TLS by its ${field}: set its appProtocol to http`,
          appProtocol(kubectl, { name: target.name, port, to: 'http' }),
        );
      return note(`${at} does not speak HTTP`);
    }
    const silent = spoken.find(({ result }) => result.kind === 'silent');
    if (silent !== undefined)
      return failed(
        `${silent.pod}:${silent.port} takes the connection and does not answer a request`,
        kubectl(`logs ${silent.pod}`),
      );
    const statuses = spoken.flatMap(({ pod, result }) =>
      result.kind === 'answered' ? [{ pod, status: result.status }] : [],
    );
    const bad = statuses.find(({ status }) => status >= 500);
    const scheme = first.speaks === 'https' ? 'HTTPS' : 'HTTP';
    if (bad !== undefined) return failed(`${bad.pod} answers GET / with ${bad.status}`, kubectl(`logs ${bad.pod}`));
    return ok(
      `${scheme} is spoken: GET / is answered with ${[...new Set(statuses.map(({ status }) => status))].join(', ')}`,
    );
  },
};

function appProtocol(
  kubectl: (rest: string) => string,
  { name, port, to }: { name: string; port: { port: number } | undefined; to: string },
): string {
  const patch = JSON.stringify({ spec: { ports: [{ port: port?.port, appProtocol: to }] } });
  return kubectl(`patch service ${name} -p '${patch}'`);
}
