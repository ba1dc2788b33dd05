/** A class of its own file: who only catches it loads no streams. */
import { StatusError } from '../api/status.ts';

/** The streams broke off: whether the command still runs, and how it will end, is not known. */
export class CommandCutOff extends StatusError {
  constructor(message: string) {
    super({ code: 500, reason: 'InternalError', message });
    this.name = 'CommandCutOff';
  }
}
