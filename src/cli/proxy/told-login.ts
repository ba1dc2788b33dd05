/** For those who serve for long: a login that worked at first and fails later is told when it happens. */
import type { CredentialSource } from '../../client/credentials.ts';
import { CredentialError } from '../../client/credentials.ts';

/** `tell` gets each failure once, however many requests meet it, and not before the login has worked. */
export function toldLogin(source: CredentialSource, tell: (failure: CredentialError) => void): CredentialSource {
  let isWell = false;
  const failed = (error: unknown): void => {
    if (!isWell || !(error instanceof CredentialError)) return;
    isWell = false;
    tell(error);
  };
  const told = async <T>(outcome: Promise<T>): Promise<T> => {
    try {
      const value = await outcome;
      isWell = true;
      return value;
    } catch (error) {
      failed(error);
      throw error;
    }
  };
  return {
    current(signal) {
      const credentials = source.current(signal);
      if (credentials instanceof Promise) return told(credentials);
      isWell = true;
      return credentials;
    },
    renew: (refused, signal) => told(source.renew(refused, signal)),
    atHand: () => source.atHand?.(),
  };
}
