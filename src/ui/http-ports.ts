/** Which of a Service's ports a browser can open. */
import type { ServicePort } from '../api/types/core-v1.ts';

const otherNames =
  /^(tcp|udp|sctp|grpc|postgres|pgsql|mysql|redis|mongo|amqp|kafka|mqtt|nats|memcache|ldap|smtp|imap|ssh|dns|etcd)/;
const otherPorts = new Set([
  22, 25, 53, 389, 636, 1433, 1521, 1883, 2181, 2379, 3306, 4222, 5432, 5672, 6379, 9042, 9092, 11211, 27017,
]);

/** True unless protocol, application protocol, name or number say that it is something else. */
export function looksLikeHttp({ protocol = 'TCP', appProtocol, name, port }: ServicePort): boolean {
  if (protocol !== 'TCP') return false;
  if (appProtocol !== undefined) return /^(https?|kubernetes\.io\/wss?)$/i.test(appProtocol);
  if (name !== undefined && /^(https?|web|ui)\b/.test(name)) return true;
  return !(name !== undefined && otherNames.test(name)) && !otherPorts.has(port);
}

/** By convention; 443 is told from these by `speaksTls`. */
const httpPorts = new Set([80, 443, 8000, 8008, 8080, 8081, 8888]);

/** True where application protocol, name or number say so: what may be asked for a page without being disturbed. */
export function saysHttp(port: ServicePort): boolean {
  if (!looksLikeHttp(port)) return false;
  return port.appProtocol !== undefined || /^https?(?:-|$)/.test(port.name ?? '') || httpPorts.has(port.port);
}
