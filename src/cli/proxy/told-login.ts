/** For those who serve for long: a login that worked at first and fails later is told when it happens. */
import type { CredentialSource } from '../../client/credentials.ts';
import { CredentialError } from '../../client/credentials.ts';

const told = new WeakSet<Error>();

/** Whether a request failed by what `tell` got, now or with an earlier failure of the same login. */
export const wasTold = (error: unknown): boolean => error instanceof CredentialError && told.has(error);

/** `tell` gets each failure once, however many requests meet it, and not before the login has worked. */
export function toldLogin(source: CredentialSource, tell: (failure: CredentialError) => void): CredentialSource {
  let state: 'new' | 'well' | 'failed' = 'new';
  const failed = (error: unknown): void => {
    if (state === 'new' || !(error instanceof CredentialError)) return;
    told.add(error);
    if (state === 'well') tell(error);
    state = 'failed';
  };
  const watched = async <T>(outcome: Promise<T>): Promise<T> => {
    try {
      const value = await outcome;
      state = 'well';
      return value;
    } catch (error) {
      failed(error);
      throw error;
    }
  };
  return {
    current(signal) {
      const credentials = source.current(signal);
      if (credentials instanceof Promise) return watched(credentials);
      state = 'well';
      return credentials;
    },
    renew: (refused, signal) => watched(source.renew(refused, signal)),
    atHand: () => source.atHand?.(),
  };
}
