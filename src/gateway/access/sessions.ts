/** Who has signed in: sessions of browsers, each for one host name, and tickets that carry one from name to name. */
import { createHash, randomBytes } from 'node:crypto';

export interface Session {
  /** The host name, without the port, whose requests it admits. */
  host: string;
  /** The session by which this one was opened; it ends with that. */
  parent: string | undefined;
  until: number;
}

interface Ticket {
  host: string;
  session: string;
  until: number;
}

export const sessionMs = 12 * 3600_000;
const ticketMs = 30_000;
const maxSessions = 10_000;
const maxTickets = 1000;

/** Only hashes are kept: what a table leaks opens nothing, and looking one up tells nothing by its time. */
export class Sessions {
  readonly #sessions = new Map<string, Session>();
  readonly #tickets = new Map<string, Ticket>();

  /** Gives the secret for the cookie. */
  open(host: string, parent?: string): string {
    const secret = newSecret();
    const now = Date.now();
    const parentUntil = parent === undefined ? undefined : this.#sessions.get(parent)?.until;
    this.#sessions.set(hashOf(secret), { host, parent, until: parentUntil ?? now + sessionMs });
    this.#forget(now);
    return secret;
  }

  /** The key of the session that this secret is for, if it is alive and of this host. */
  find(secret: string, host: string): string | undefined {
    const key = hashOf(secret);
    const session = this.#sessions.get(key);
    if (session === undefined || session.host !== host || !this.#isAlive(session, Date.now())) return undefined;
    return key;
  }

  /** Ends the session and those that were opened by it. */
  close(key: string): void {
    this.#sessions.delete(key);
    for (const [other, { parent }] of this.#sessions) if (parent === key) this.#sessions.delete(other);
    for (const [ticket, { session }] of this.#tickets) if (session === key) this.#tickets.delete(ticket);
  }

  /** For one use, soon, at this host. */
  issueTicket(session: string, host: string): string {
    const secret = newSecret();
    this.#tickets.set(hashOf(secret), { session, host, until: Date.now() + ticketMs });
    for (const [oldest] of this.#tickets) {
      if (this.#tickets.size <= maxTickets) break;
      this.#tickets.delete(oldest);
    }
    return secret;
  }

  /** Opens a session at this host; undefined where the ticket is not for it, was used, or is too old. */
  redeemTicket(secret: string, host: string): string | undefined {
    const key = hashOf(secret);
    const ticket = this.#tickets.get(key);
    this.#tickets.delete(key);
    if (ticket === undefined || ticket.host !== host || ticket.until < Date.now()) return undefined;
    const parent = this.#sessions.get(ticket.session);
    return parent !== undefined && this.#isAlive(parent, Date.now()) ? this.open(host, ticket.session) : undefined;
  }

  #isAlive({ until, parent }: Session, now: number): boolean {
    return until > now && (parent === undefined || this.#sessions.has(parent));
  }

  #forget(now: number): void {
    if (this.#sessions.size <= maxSessions) return;
    for (const [key, session] of this.#sessions) if (!this.#isAlive(session, now)) this.#sessions.delete(key);
    for (const [oldest] of this.#sessions) {
      if (this.#sessions.size <= maxSessions) break;
      this.close(oldest);
    }
  }
}

export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}
