/** What a server answered when it was asked for objects: something else is told as such, not printed as an empty row. */
import { isRecord } from '../../lib/is-record.ts';
import { CommandError } from '../command.ts';

export interface AnsweredObject {
  kind: string;
  [field: string]: unknown;
}

/** `path` is what was asked, for the message. Throws CommandError for what has no kind, as all objects have. */
export function answeredObject(answer: unknown, path: string): AnsweredObject {
  if (!isRecord(answer)) throw noObject(path);
  const { kind } = answer;
  if (typeof kind !== 'string' || kind === '') throw noObject(path);
  return { ...answer, kind };
}

/** The objects of a list, or the only one that was answered. Throws CommandError where it is neither. */
export function answeredItems(answer: AnsweredObject, path: string): Record<string, unknown>[] {
  const { items } = answer;
  if (items === undefined) {
    if (!isRecord(answer.metadata)) throw noObject(path);
    return [answer];
  }
  // Go's empty list is null.
  if (items === null) return [];
  if (Array.isArray(items) && items.every(isRecord)) return items;
  throw new CommandError(`the API server's answer to ${path} is no list: what it holds are no objects`);
}

function noObject(path: string): CommandError {
  return new CommandError(
    `the API server's answer to ${path} is no object of Kubernetes: is the URL of the server right?`,
  );
}
