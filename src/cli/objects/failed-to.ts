import { StatusError } from '../../api/status.ts';
import { CommandError } from '../command.ts';
import { withHintOf } from '../hint.ts';

/** What the server answered, in kubectl's words for this command. Who is not known is told as everywhere. */
export function failedTo(failure: string, error: unknown): unknown {
  const isRefusal = error instanceof StatusError && error.code !== 401;
  return isRefusal ? withHintOf(new CommandError(`${failure} ${error.message}`), error) : error;
}
