/** `DeleteOptions`: in the body in any form that can be read, or, where there is none, in the query. */
import { badRequest } from '../../api/status.ts';
import type { Exchange } from '../exchange.ts';
import { readDocument } from '../request-body.ts';
import { invalidOptions, readBoolean, readDryRun } from './parameters.ts';
import type { Preconditions } from './preconditions.ts';

export interface DeleteOptions {
  gracePeriodSeconds?: number;
  preconditions: Preconditions;
  propagation?: 'Orphan' | 'Background' | 'Foreground';
  /** As it was sent, for the answer's code; `propagation` has its meaning. */
  orphanDependents?: boolean;
  dryRun: boolean;
}

export const DELETE_PARAMETERS = [
  'dryRun',
  'gracePeriodSeconds',
  'orphanDependents',
  'propagationPolicy',
  'includeObject',
];

/** Throws `StatusError` 400, 422. */
export async function readDeleteOptions(exchange: Exchange): Promise<DeleteOptions> {
  const document = await readDocument(exchange, false);
  return parseDeleteOptions(document === undefined ? fromQuery(exchange.query) : document.value, exchange.query);
}

function fromQuery(query: URLSearchParams): Record<string, unknown> {
  const grace = query.get('gracePeriodSeconds');
  return {
    ...(grace === null ? {} : { gracePeriodSeconds: Number(grace) }),
    ...(query.has('propagationPolicy') ? { propagationPolicy: query.get('propagationPolicy') } : {}),
    ...(query.has('orphanDependents') ? { orphanDependents: readBoolean(query, 'orphanDependents') } : {}),
  };
}

/** From a DeleteOptions object of any group. Throws `StatusError` 400, 422. */
export function parseDeleteOptions(value: unknown, query: URLSearchParams): DeleteOptions {
  const sent = bodyOf(value);
  const grace = optional(sent, 'gracePeriodSeconds', 'number');
  if (grace !== undefined && !Number.isInteger(grace)) throw badRequest('gracePeriodSeconds must be a whole number');
  const dryRun = Array.isArray(sent.dryRun) ? sent.dryRun.map(String) : query.getAll('dryRun');
  const propagation = readPropagation(sent);
  return {
    // as in kube-apiserver: a negative period is the shortest that is not at once
    ...(grace === undefined ? {} : { gracePeriodSeconds: grace < 0 ? 1 : grace }),
    ...(propagation === undefined ? {} : { propagation }),
    ...(typeof sent.orphanDependents === 'boolean' ? { orphanDependents: sent.orphanDependents } : {}),
    preconditions: readPreconditions(sent.preconditions),
    dryRun: readDryRun(dryRun, 'DeleteOptions'),
  };
}

/** Clients send DeleteOptions of their kind's group and version, or of v1. */
function bodyOf(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw badRequest('DeleteOptions must be an object');
  const sent = value as Record<string, unknown>;
  if (sent.kind !== undefined && sent.kind !== '' && sent.kind !== 'DeleteOptions') {
    throw badRequest(`the body of a delete must be DeleteOptions, not ${JSON.stringify(sent.kind)}`);
  }
  return sent;
}

function readPropagation(sent: Record<string, unknown>): DeleteOptions['propagation'] {
  const policy = optional(sent, 'propagationPolicy', 'string');
  const orphan = optional(sent, 'orphanDependents', 'boolean');
  if (policy !== undefined && orphan !== undefined) {
    throw invalidOptions('DeleteOptions', [
      {
        reason: 'FieldValueInvalid',
        field: 'propagationPolicy',
        message: `Invalid value: ${JSON.stringify(policy)}: orphanDependents and deletionPropagation cannot be both set`,
      },
    ]);
  }
  if (orphan !== undefined) return orphan ? 'Orphan' : 'Background';
  if (policy === undefined || policy === 'Orphan' || policy === 'Background' || policy === 'Foreground') return policy;
  throw invalidOptions('DeleteOptions', [
    {
      reason: 'FieldValueNotSupported',
      field: 'propagationPolicy',
      message: `Unsupported value: ${JSON.stringify(policy)}: supported values: "Foreground", "Background", "Orphan", "nil"`,
    },
  ]);
}

function readPreconditions(value: unknown): Preconditions {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object') throw badRequest('preconditions must be an object');
  const fields = value as Record<string, unknown>;
  return { uid: optional(fields, 'uid', 'string'), resourceVersion: optional(fields, 'resourceVersion', 'string') };
}

interface FieldTypes {
  string: string;
  number: number;
  boolean: boolean;
}

function optional<T extends keyof FieldTypes>(
  object: Record<string, unknown>,
  field: string,
  type: T,
): FieldTypes[T] | undefined {
  const value = object[field];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== type) throw badRequest(`DeleteOptions: ${field} must be a ${type}`);
  return value as FieldTypes[T];
}
