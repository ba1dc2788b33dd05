/** `--for`: when an object is as it is waited for. After `kubectl/pkg/cmd/wait`. */
import type { UnstructuredObject } from '../../api/object.ts';
import { writeExactJson } from '../../lib/exact-json.ts';
import { isRecord } from '../../lib/is-record.ts';
import { CommandError, UsageError } from '../command.ts';
import { records } from '../get/resource-types.ts';
import { goText } from '../print/go-text.ts';
import { findResults } from '../print/jsonpath/find.ts';
import { relaxedJsonPath } from '../print/jsonpath/relaxed.ts';
import { JsonPathError } from '../print/jsonpath/template.ts';

export type WaitCondition =
  | { kind: 'create' }
  | { kind: 'delete' }
  /** `isMet` throws CommandError where the object can never answer the question; `now` says what is, for time-outs. */
  | { kind: 'state'; isMet(object: UnstructuredObject): boolean; now(object: UnstructuredObject): string };

/** Throws UsageError that shows the form. */
export function parseWaitCondition(text: string): WaitCondition {
  const lower = text.toLowerCase();
  if (lower === 'create' || lower === 'delete') return { kind: lower };
  if (text.startsWith('condition=')) return statusCondition(text.slice('condition='.length));
  if (text.startsWith('jsonpath=')) return pathCondition(text.slice('jsonpath='.length));
  throw new UsageError(
    `unrecognized condition: "${text}"; known are condition=NAME[=VALUE], jsonpath='{.path}'[=VALUE], create and delete`,
  );
}

function statusCondition(text: string): WaitCondition {
  const equals = text.indexOf('=');
  const name = equals < 0 ? text : text.slice(0, equals);
  const wanted = equals < 0 ? 'true' : text.slice(equals + 1);
  const find = (object: UnstructuredObject) =>
    records(isRecord(object.status) ? object.status.conditions : []).find(({ type }) => same(String(type), name));
  return {
    kind: 'state',
    isMet(object) {
      const condition = find(object);
      if (condition === undefined) return false;
      const observed =
        condition.observedGeneration ?? (isRecord(object.status) ? object.status.observedGeneration : undefined);
      // A condition that was found before the last change says nothing of it.
      if (typeof observed === 'number' && observed < (object.metadata.generation ?? 0)) return false;
      return same(String(condition.status), wanted);
    },
    now(object) {
      const condition = find(object);
      if (condition === undefined) return `it has no condition "${name}"`;
      const { type, status, reason, message } = condition;
      const why = [reason, message].filter((part) => typeof part === 'string' && part !== '').join(': ');
      return `it is ${type}=${status}${why === '' ? '' : ` (${why})`}`;
    },
  };
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function pathCondition(text: string): WaitCondition {
  const [path = '', value, ...more] = splitAtEquals(text);
  const wanted = value?.replace(/^['"]+|['"]+$/g, '');
  if (path === '' || more.length > 0 || wanted === '') {
    throw new UsageError(
      `invalid --for "jsonpath=${text}": the form is --for=jsonpath='{.status.readyReplicas}'=3 or --for=jsonpath='{.status.readyReplicas}'`,
    );
  }
  let segments: ReturnType<typeof relaxedJsonPath>['segments'];
  try {
    ({ segments } = relaxedJsonPath(path));
  } catch (error) {
    if (error instanceof JsonPathError) throw new UsageError(`invalid --for "jsonpath=${text}": ${error.message}`);
    throw error;
  }
  const find = (object: UnstructuredObject): unknown => {
    const [first = [], second] = findResults(segments, object);
    if (second !== undefined) throw new CommandError(`"${path}" matches more than one list`);
    if (first.length > 1) throw new CommandError(`"${path}" matches more than one value`);
    return first[0];
  };
  return {
    kind: 'state',
    isMet(object) {
      const found = find(object);
      if (found === undefined) return false;
      if (wanted === undefined) return true;
      if (typeof found === 'object' && found !== null) {
        throw new CommandError(`"${path}" leads to an object or a list, which cannot be compared with "${wanted}"`);
      }
      return (found === null ? 'null' : goText(found)).trim() === wanted.trim();
    },
    now: (object) => `"${path}" is ${writeExactJson(find(object)) ?? 'not there'}`,
  };
}

/** At single equals signs: those of a filter (`==`) belong to the path. */
function splitAtEquals(text: string): string[] {
  return text
    .replaceAll('==', '\0')
    .split('=')
    .map((part) => part.replaceAll('\0', '=='));
}
