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
  // Nodes end what they refuse with a line end.
  const message = error.message.replace(/\n$/, '');
  return escapeControls(`Error from server${error.reason === '' ? '' : ` (${error.reason})`}: ${message}`);
}

function invalidLines({ message, status }: StatusError): string {
  const { kind = '', name = '', causes = [] } = status.details ?? {};
  const what = kind === '' && name === '' ? 'The request is invalid' : `The ${kind} ${JSON.stringify(name)} is invalid`;
  const faults = [...new Set(causes.map(({ field = '', message: fault = '' }) => `${field}: ${fault}`))];
  if (faults.length === 0) return `${what}: ${message}`;
  return faults.length === 1 ? `${what}: ${faults[0]}` : `${what}: \n${faults.map((fault) => `* ${fault}`).join('\n')}`;
}
