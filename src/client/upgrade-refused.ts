/** The answer of a server that does not switch to the protocol that was asked for, and may switch to another. */
import type { StatusReason } from '../api/status.ts';
import { StatusError } from '../api/status.ts';

interface Refusal {
  server: string;
  /** What it did instead, as a clause. */
  what: string;
  code?: number;
  reason?: StatusReason;
}

/** After client-go's `IsUpgradeFailure`, but for answers with a Status: those are about the request, not about the protocol. */
export class UpgradeRefusedError extends StatusError {
  constructor({ server, what, code = 502, reason = 'InternalError' }: Refusal) {
    super({ code, reason, message: `${server} did not switch protocols: ${what}` });
  }
}
