/** What went wrong on the way to a backend, worded as clients know it from Go. */
import { internalError, StatusError, serviceUnavailable } from '../../api/status.ts';
import { goErrorText, unknownAuthority } from '../../net/go-error-text.ts';
import { UpstreamError } from '../../net/http1/upstream.ts';

interface Endpoint {
  host: string;
  port: number;
}

/** 503 `error trying to reach service: …`; a StatusError stays what it is. */
export function unreachable(error: unknown, endpoint: Endpoint): StatusError {
  if (error instanceof StatusError) return error;
  return serviceUnavailable(`error trying to reach service: ${reasonOf(error, endpoint)}`);
}

/** 500 `error dialing backend: …`, for kubelets. */
export function kubeletUnreachable(error: unknown, endpoint: Endpoint): StatusError {
  if (error instanceof StatusError) return error;
  const reason = reasonOf(error, endpoint);
  const meaning = reason.endsWith(unknownAuthority) ? ": the kubelet's certificate is not of this cluster's CA" : '';
  return internalError(`error dialing backend: ${reason}${meaning}`, error);
}

function reasonOf(error: unknown, { host, port }: Endpoint): string {
  const where = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  const known = goErrorText(error, where);
  if (known !== undefined) return known;
  const message = error instanceof Error ? error.message : String(error);
  // Some of the pool's errors say where already.
  const complete = !(error instanceof UpstreamError && error.sent) || message.startsWith(`${where}: `);
  return complete ? message : `${where}: ${message}`;
}
