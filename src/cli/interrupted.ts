/** For commands that a Ctrl-C ends in the middle of their work: there is nothing to say about it. */

/** What a command returns that its signal ended, whatever made that fire. */
export const interrupted = 130;

/** The work's exit code, or 130 where the signal ended it. */
export async function unlessInterrupted(signal: AbortSignal, work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (signal.aborted) return interrupted;
    throw error;
  }
}
