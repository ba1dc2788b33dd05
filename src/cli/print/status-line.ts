/** What a server refused, as kubectl says it. */
import type { StatusError } from '../../api/status.ts';
import { escapeControls } from './escape.ts';

/** What 401 means to a user. */
export const unknownUser =
  'the API server does not know who you are (401 Unauthorized): the credentials of this context are missing, wrong or expired';

/** Without its newline. One line, but for an object that has several faults: one for each, as kubectl has it. */
export function statusLine(error: StatusError): string {
  if (error.code === 401) return `error: ${unknownUser}`;
  return error.reason === 'Invalid' ? escapeControls(invalidLines(error)) : answerLine(error);
}

/** The form that all answers have, on one line; for where more goes into it. */
export function answerLine(error: StatusError): string {
  const { reason, message } = error;
  // Of a patch that yields no object the server's message begins with an empty kind and name; nodes end theirs with a line end.
  const said = reason === 'Invalid' && nameOf(error) === undefined ? oneLine(error) : message.replace(/\n$/, '');
  return escapeControls(`Error from server${reason === '' ? '' : ` (${reason})`}: ${said}`);
}

function invalidLines(error: StatusError): string {
  const faults = faultsOf(error);
  if (faults.length < 2) return oneLine(error);
  return `${subjectOf(error)}: \n${faults.map((fault) => `* ${fault}`).join('\n')}`;
}

function oneLine(error: StatusError): string {
  const faults = faultsOf(error);
  return `${subjectOf(error)}: ${faults.length === 0 ? error.message : faults.join(', ')}`;
}

function subjectOf(error: StatusError): string {
  const name = nameOf(error);
  return name === undefined ? 'The request is invalid' : `The ${name} is invalid`;
}

/** `Pod "web"`; undefined where the server told neither. */
function nameOf({ status }: StatusError): string | undefined {
  const { kind = '', name = '' } = status.details ?? {};
  return kind === '' && name === '' ? undefined : `${kind} ${JSON.stringify(name)}`;
}

function faultsOf({ status }: StatusError): string[] {
  const causes = status.details?.causes ?? [];
  return [...new Set(causes.map(({ field = '', message = '' }) => `${field}: ${message}`))];
}
