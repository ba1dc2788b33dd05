/** Probes and lifecycle handlers: each has exactly one way to act. */
import type { FieldError } from '../../api/status.ts';
import type { Container, Lifecycle, LifecycleHandler, Probe } from '../../api/types/core-v1.ts';
import { forbiddenField, invalidFor, invalidValue, notSupported, required } from '../../api/validation/field-errors.ts';
import {
  complainAboutHeaderName,
  complainAboutPort,
  complainAboutPortNumberOrName,
} from '../../api/validation/names.ts';
import { validateCounts } from './workload-counts.ts';

type Handler = Pick<Probe, 'exec' | 'httpGet' | 'tcpSocket' | 'grpc'> & Pick<LifecycleHandler, 'sleep'>;

export function validateProbes(container: Container, path: string): FieldError[] {
  return (['livenessProbe', 'readinessProbe', 'startupProbe'] as const).flatMap((name) => {
    const probe = container[name];
    if (probe === undefined) return [];
    const errors = validateProbe(probe, `${path}.${name}`);
    if (name !== 'readinessProbe' && probe.successThreshold !== undefined && probe.successThreshold !== 1) {
      errors.push(invalidValue(`${path}.${name}.successThreshold`, probe.successThreshold, 'must be 1'));
    }
    if (name === 'readinessProbe' && probe.terminationGracePeriodSeconds !== undefined) {
      const field = `${path}.${name}.terminationGracePeriodSeconds`;
      errors.push(invalidValue(field, probe.terminationGracePeriodSeconds, 'must not be set for readinessProbes'));
    }
    return errors;
  });
}

function validateProbe(probe: Probe, path: string): FieldError[] {
  const { initialDelaySeconds, timeoutSeconds, periodSeconds, successThreshold, failureThreshold } = probe;
  const counts = { initialDelaySeconds, timeoutSeconds, periodSeconds, successThreshold, failureThreshold };
  const errors = [...validateHandler(probe, path), ...validateCounts(counts, path)];
  const grace = probe.terminationGracePeriodSeconds;
  if (grace !== undefined && grace <= 0) {
    errors.push(invalidValue(`${path}.terminationGracePeriodSeconds`, grace, 'must be greater than 0'));
  }
  return errors;
}

export function validateHandlers(lifecycle: Lifecycle | undefined, path: string): FieldError[] {
  return (['postStart', 'preStop'] as const).flatMap((name) => {
    const handler = lifecycle?.[name];
    return handler === undefined ? [] : validateHandler(handler, `${path}.${name}`);
  });
}

function validateHandler(handler: Handler, path: string): FieldError[] {
  const { exec, httpGet, tcpSocket, grpc, sleep } = handler;
  const given = Object.entries({ exec, httpGet, tcpSocket, grpc, sleep }).filter(([, value]) => value !== undefined);
  if (given.length === 0) return [required(path, 'must specify a handler type')];
  const errors = given
    .slice(1)
    .map(([name]) => forbiddenField(`${path}.${name}`, 'may not specify more than 1 handler type'));
  const first = given[0]?.[0];
  if (exec !== undefined && (exec.command ?? []).length === 0) errors.push(required(`${path}.exec.command`));
  if (first === 'httpGet' && httpGet !== undefined) {
    const { port, scheme = '', httpHeaders = [] } = httpGet;
    errors.push(...invalidFor(`${path}.httpGet.port`, port, complainAboutPortNumberOrName(port)));
    if (!['HTTP', 'HTTPS'].includes(scheme)) {
      errors.push(notSupported(`${path}.httpGet.scheme`, scheme, ['HTTP', 'HTTPS']));
    }
    for (const { name } of httpHeaders) {
      errors.push(...invalidFor(`${path}.httpGet.httpHeaders`, name, complainAboutHeaderName(name)));
    }
  }
  if (first === 'tcpSocket' && tcpSocket !== undefined) {
    errors.push(...invalidFor(`${path}.tcpSocket.port`, tcpSocket.port, complainAboutPortNumberOrName(tcpSocket.port)));
  }
  if (first === 'grpc' && grpc !== undefined)
    errors.push(...invalidFor(`${path}.grpc.port`, grpc.port, complainAboutPort(grpc.port)));
  return errors;
}
