/** What a server refused, as kubectl says it. */
import type { StatusError } from '../../api/status.ts';
import { escapeControls } from './escape.ts';

/** What 401 means to a user. */
export const unknownUser =
  'the API server does not know who you are (401 Unauthorized): the credentials of this context are missing, wrong or expired';

/** One line without its newline. */
export function statusLine(error: StatusError): string {
  if (error.code === 401) return `error: ${unknownUser}`;
  return escapeControls(`Error from server${error.reason === '' ? '' : ` (${error.reason})`}: ${error.message}`);
}
