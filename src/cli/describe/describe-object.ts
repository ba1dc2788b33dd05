/** One object of the cluster as text for people. */
import type { KubeObject, UnstructuredObject } from '../../api/object.ts';
import { StatusError } from '../../api/status.ts';
import type { Event } from '../../api/types/core-v1.ts';
import type { ResourceType } from '../get/resource-types.ts';
import { Description } from './description.ts';
import { dropNulls } from './drop-nulls.ts';
import { describeEvents, eventsOf } from './events.ts';
import { describeAny } from './generic.ts';
import type { Related } from './related.ts';
import { describedKind } from './table.ts';

export interface DescribeOptions {
  related: Related;
  showEvents: boolean;
  /** Told what could not be read, where the rest is described all the same. */
  warn(text: string): void;
}

/** Throws StatusError for what the server refused and the description cannot do without. */
export async function describeObject(
  object: UnstructuredObject,
  type: ResourceType,
  { related, showEvents, warn }: DescribeOptions,
): Promise<string> {
  const out = new Description();
  const own = describedKind(type.group, type.kind);
  const events = showEvents && own?.events !== false ? eventsOf(object, related) : undefined;
  // It is awaited below; what fails before must not leave it unobserved.
  events?.catch(() => {});
  if (own === undefined) describeAny(object, out);
  else {
    const { name = '', namespace } = object.metadata;
    dropNulls(object);
    const inVersion = object.apiVersion === own.apiVersion;
    // What a server answers in a version is of its type, here as in every typed request.
    const read = async <T extends KubeObject>(): Promise<T> =>
      inVersion ? (object as KubeObject as T) : related.one<T>(own.apiVersion, type.plural, name, namespace);
    await own.describe(read, out, related);
  }
  if (events !== undefined) describeEvents(out, await orWarn(events, warn));
  return out.toString();
}

async function orWarn(events: Promise<Event[]>, warn: (text: string) => void): Promise<Event[]> {
  try {
    return await events;
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    warn(`the events could not be read: ${error.message}`);
    return [];
  }
}
