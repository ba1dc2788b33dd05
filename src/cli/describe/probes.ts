import type { HTTPGetAction, Probe } from '../../api/types/core-v1.ts';
import { hostPort, sliceText } from './values.ts';

/** What is probed, how often, and what counts. */
export function probeText(probe: Probe): string {
  const { initialDelaySeconds = 0, timeoutSeconds = 0, periodSeconds = 0 } = probe;
  const { successThreshold = 0, failureThreshold = 0 } = probe;
  const times = `delay=${initialDelaySeconds}s timeout=${timeoutSeconds}s period=${periodSeconds}s`;
  return `${actionText(probe)} ${times} #success=${successThreshold} #failure=${failureThreshold}`;
}

function actionText({ exec, httpGet, tcpSocket, grpc }: Probe): string {
  if (exec !== undefined) return `exec ${sliceText(exec.command)}`;
  if (httpGet !== undefined) return `http-get ${url(httpGet)}`;
  if (tcpSocket !== undefined) return `tcp-socket ${tcpSocket.host ?? ''}:${tcpSocket.port}`;
  if (grpc !== undefined) return `grpc <pod>:${grpc.port} ${grpc.service ?? ''}`;
  return 'unknown';
}

function url({ scheme = '', host = '', port, path = '' }: HTTPGetAction): string {
  const escaped = path.replace(/[^A-Za-z0-9\-_.~$&+,/:;=@]/gu, percentEncoded);
  return `${scheme.toLowerCase()}://${hostPort(host, port)}${escaped === '' || escaped.startsWith('/') ? '' : '/'}${escaped}`;
}

function percentEncoded(character: string): string {
  return [...Buffer.from(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}
