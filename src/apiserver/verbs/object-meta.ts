/** What the server itself keeps in metadata, and what clients may not change of it. After `registry/rest`. */
import { randomUUID } from 'node:crypto';
import type { KubeObject, ObjectMeta } from '../../api/object.ts';
import type { FieldError } from '../../api/status.ts';
import { badRequest } from '../../api/status.ts';
import type { ServedResource } from '../served-resource.ts';

/** Consonants and digits that make no words and cannot be mistaken for one another. */
const SUFFIX_LETTERS = 'bcdfghjklmnpqrstvwxz2456789';
const SUFFIX_LENGTH = 5;
const LONGEST_BASE = 63 - SUFFIX_LENGTH;

export function timestamp(now: Date): string {
  return `${now.toISOString().slice(0, 19)}Z`;
}

export function generateName(base: string): string {
  let name = base.slice(0, LONGEST_BASE);
  for (let i = 0; i < SUFFIX_LENGTH; i += 1) name += SUFFIX_LETTERS[Math.floor(Math.random() * SUFFIX_LETTERS.length)];
  return name;
}

/** Object and path must speak of the same namespace. Throws 400. */
export function matchNamespace(object: KubeObject, namespace: string): void {
  const { metadata } = object;
  if (namespace === '') delete metadata.namespace;
  else if (metadata.namespace === undefined || metadata.namespace === '') metadata.namespace = namespace;
  else if (metadata.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
}

/** Object and path must speak of the same name. Throws 400. */
export function matchName(object: KubeObject, name: string): void {
  const given = object.metadata.name ?? '';
  if (given === '') {
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  }
  if (given !== name) {
    throw badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`);
  }
}

/**
 * What a patch made of `shown` must speak of the same name and namespace. What the patch did not name is no precondition:
 * only a resourceVersion of its own is. Throws 400.
 */
export function matchPatched(
  made: KubeObject,
  shown: KubeObject,
  { namespace, name }: { namespace: string; name: string },
): void {
  matchName(made, name);
  matchNamespace(made, namespace);
  if (made.metadata.resourceVersion === shown.metadata.resourceVersion) delete made.metadata.resourceVersion;
}

export function fillForCreate(object: KubeObject, { definition }: ServedResource, now: Date): void {
  const { metadata } = object;
  if ((metadata.resourceVersion ?? '') !== '') {
    throw badRequest('resourceVersion should not be set on objects to be created');
  }
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  dropUnkept(metadata);
  metadata.uid = randomUUID();
  metadata.creationTimestamp = timestamp(now);
  if (definition.generation) metadata.generation = 1;
  else delete metadata.generation;
}

function dropUnkept(metadata: ObjectMeta): void {
  if ('selfLink' in metadata) delete metadata.selfLink;
}

/** Fills in what a client may leave out; `complainAboutMeta` says what it may not change. */
export function fillForUpdate(next: KubeObject, previous: KubeObject): void {
  const { metadata: old } = previous;
  const { metadata } = next;
  dropUnkept(metadata);
  metadata.uid ??= old.uid ?? '';
  if (metadata.uid === '' && old.uid !== undefined) metadata.uid = old.uid;
  if (old.creationTimestamp !== undefined) metadata.creationTimestamp = old.creationTimestamp;
  if (old.deletionTimestamp === undefined) {
    delete metadata.deletionTimestamp;
    delete metadata.deletionGracePeriodSeconds;
  } else {
    metadata.deletionTimestamp = old.deletionTimestamp;
    if (old.deletionGracePeriodSeconds !== undefined) {
      metadata.deletionGracePeriodSeconds ??= old.deletionGracePeriodSeconds;
    }
  }
  if (old.generation === undefined) delete metadata.generation;
  else metadata.generation = old.generation;
}

const IMMUTABLE = ['name', 'namespace', 'uid', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const;

export function complainAboutMeta(next: KubeObject, previous: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  for (const field of IMMUTABLE) {
    const value = next.metadata[field];
    if ((value ?? '') === (previous.metadata[field] ?? '')) continue;
    errors.push({
      reason: 'FieldValueInvalid',
      field: `metadata.${field}`,
      message: `Invalid value: ${JSON.stringify(value ?? null)}: field is immutable`,
    });
  }
  if (previous.metadata.deletionTimestamp !== undefined) {
    const known = previous.metadata.finalizers ?? [];
    const added = (next.metadata.finalizers ?? []).filter((finalizer) => !known.includes(finalizer));
    if (added.length > 0) {
      errors.push({
        reason: 'FieldValueForbidden',
        field: 'metadata.finalizers',
        message: `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers ${JSON.stringify(added)}`,
      });
    }
  }
  return errors;
}
