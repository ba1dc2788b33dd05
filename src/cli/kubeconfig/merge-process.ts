/** The program behind `mergeContextApart`: what to merge comes as JSON on stdin, the answer goes to stdout. */
import { json } from 'node:stream/consumers';
import { CommandError } from '../command.ts';
import type { MergeAnswer } from './merge-apart.ts';
import type { ContextToMerge } from './merge-context.ts';
import { mergeContext } from './merge-context.ts';

// Ctrl-C reaches the whole group of processes; this one takes milliseconds and must not leave its lock behind.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});

async function merge(): Promise<MergeAnswer> {
  try {
    return { result: await mergeContext((await json(process.stdin)) as ContextToMerge) };
  } catch (error) {
    if (error instanceof CommandError) return { error: error.message };
    throw error;
  }
}

process.stdout.write(JSON.stringify(await merge()));
