/** Sessions without a store: the cookie says who signed in, and a key that all replicas share vouches for it. */
import { createHmac, timingSafeEqual } from 'node:crypto';

const cookieName = 'harbour';
const lifetimeSeconds = 12 * 60 * 60;

export interface Session {
  user: string;
  /** The replica that took the sign-in. */
  signedInAt: string;
}

function signature(payload: string, key: string): Buffer {
  return createHmac('sha256', key).update(payload).digest();
}

/** The value of a Set-Cookie header that signs this visitor in. */
export function sessionCookie(session: Session, key: string, now: Date): string {
  const expires = Math.floor(now.getTime() / 1000) + lifetimeSeconds;
  const payload = Buffer.from(JSON.stringify({ ...session, expires })).toString('base64url');
  const value = `${payload}.${signature(payload, key).toString('base64url')}`;
  return `${cookieName}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${lifetimeSeconds}`;
}

export const endedSessionCookie = `${cookieName}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0`;

/** Who sent this Cookie header; undefined without a cookie, or with one that is forged or too old. */
export function readSession(cookies: string | undefined, key: string, now: Date): Session | undefined {
  for (const pair of (cookies ?? '').split(';')) {
    const [name, value] = pair.trim().split('=', 2);
    if (name !== cookieName || value === undefined) continue;
    const [payload = '', signed = ''] = value.split('.', 2);
    const expected = signature(payload, key);
    const given = Buffer.from(signed, 'base64url');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) continue;
    // Only this program makes payloads with a valid signature, so the shape is known.
    const { user, signedInAt, expires } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Session & {
      expires: number;
    };
    if (expires * 1000 > now.getTime()) return { user, signedInAt };
  }
  return undefined;
}
