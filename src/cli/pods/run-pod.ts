/** The pod that `run` makes from flags, and the Service before it. */
import type { UnstructuredObject } from '../../api/object.ts';
import { applyJsonPatch } from '../../api/patch/json-patch.ts';
import { applyMergePatch } from '../../api/patch/merge-patch.ts';
import { applyStrategicMergePatch } from '../../api/patch/strategic-merge-patch.ts';
import { schemaOf } from '../../api/schema/schema.ts';
import { isRecord } from '../../lib/is-record.ts';
import { CommandError, UsageError } from '../command.ts';
import { portFlag } from '../port-number.ts';

export interface RunPod {
  name: string;
  image: string;
  /** Of the container, or with `isCommand` its command. */
  args: readonly string[];
  isCommand: boolean;
  env: readonly string[];
  labels: string | undefined;
  annotations: readonly string[];
  port: string | undefined;
  restart: string;
  imagePullPolicy: string | undefined;
  privileged: boolean;
  stdin: boolean;
  stdinOnce: boolean;
  tty: boolean;
}

/** Throws UsageError. */
export function runPod(wanted: RunPod): UnstructuredObject {
  const { name, image, args, isCommand, env, imagePullPolicy, restart, privileged, stdin, stdinOnce, tty } = wanted;
  const port = portOf(wanted.port);
  const annotations = pairs(wanted.annotations, '--annotations');
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      labels: labelsOf(wanted),
      ...(wanted.annotations.length > 0 && { annotations }),
    },
    spec: {
      containers: [
        {
          name,
          image,
          ...(imagePullPolicy !== undefined && { imagePullPolicy }),
          ...(args.length > 0 && { [isCommand ? 'command' : 'args']: [...args] }),
          ...(env.length > 0 && { env: env.map(variable) }),
          ...(port !== undefined && { ports: [{ containerPort: port }] }),
          resources: {},
          ...(privileged && { securityContext: { privileged } }),
          ...(stdin && { stdin }),
          ...(stdinOnce && { stdinOnce }),
          ...(tty && { tty }),
        },
      ],
      dnsPolicy: 'ClusterFirst',
      restartPolicy: restart,
    },
    status: {},
  };
}

export function runService(wanted: RunPod): UnstructuredObject {
  const port = portOf(wanted.port) ?? 0;
  const labels = labelsOf(wanted);
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: wanted.name, ...(wanted.labels !== undefined && { labels }) },
    spec: { ports: [{ port, protocol: 'TCP', targetPort: port }], selector: labels },
    status: { loadBalancer: {} },
  };
}

function labelsOf({ name, labels }: RunPod): Record<string, string> {
  return labels === undefined || labels === '' ? { run: name } : pairs(labels.split(','), '--labels');
}

function pairs(texts: readonly string[], flag: string): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const equals = text.indexOf('=');
      if (equals < 1) throw new UsageError(`invalid ${flag} "${text}": KEY=VALUE is needed`);
      return [text.slice(0, equals), text.slice(equals + 1)];
    }),
  );
}

function variable(text: string): { name: string; value?: string } {
  const equals = text.indexOf('=');
  if (equals < 1) throw new UsageError(`invalid --env "${text}": NAME=VALUE is needed`);
  const value = text.slice(equals + 1);
  return { name: text.slice(0, equals), ...(value !== '' && { value }) };
}

function portOf(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  return portFlag(text);
}

/** `--overrides`: changes of the user's own. Throws UsageError, and CommandError where the result is no such object. */
export function withOverrides(object: UnstructuredObject, text: string, type: string): UnstructuredObject {
  let patch: unknown;
  try {
    patch = JSON.parse(text);
  } catch {
    throw new UsageError('--overrides is not valid JSON');
  }
  const changed = patched(object, patch, type);
  const { apiVersion, kind, metadata } = isRecord(changed) ? changed : {};
  if (apiVersion !== object.apiVersion || kind !== object.kind || !isRecord(metadata)) {
    throw new CommandError(`--overrides must leave it a ${object.kind} of ${object.apiVersion}`);
  }
  return { ...object, ...(isRecord(changed) && changed), apiVersion: object.apiVersion, kind: object.kind, metadata };
}

function patched(object: UnstructuredObject, patch: unknown, type: string): unknown {
  try {
    if (type === 'json') return applyJsonPatch(object, patch);
    if (type === 'merge') return applyMergePatch(object, patch);
    const schema = schemaOf({ group: '', version: 'v1', kind: object.kind });
    if (schema === undefined) throw new Error(`nothing is known of the fields of a ${object.kind}`);
    return applyStrategicMergePatch(object, patch, schema);
  } catch (error) {
    throw new CommandError(`--overrides cannot be applied: ${error instanceof Error ? error.message : error}`);
  }
}
