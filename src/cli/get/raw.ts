/** `get --raw PATH`: an answer of the API server as it is. */
import { pipeline } from 'node:stream/promises';
import { timedOut } from '../../client/resource-client.ts';
import { AnswerLimit } from '../answer-limit.ts';
import type { ApiReader } from '../api-reader.ts';
import { type CommandIo, UsageError } from '../command.ts';

/** Throws UsageError for what is no path, StatusError for what the server refused. */
export async function printRaw(path: string, { reader, io }: { reader: ApiReader; io: CommandIo }): Promise<void> {
  if (!path.startsWith('/') || /[\s#]/.test(path)) {
    throw new UsageError(`--raw takes a path on the API server, such as /healthz, and "${path}" is none`);
  }
  // With kubectl's header: what a server sends by it is what scripts were written for.
  const body = await reader.getStream(path, 'application/json, */*');
  const { requestTimeoutMs } = reader.config;
  using limit = new AnswerLimit(reader.signal, requestTimeoutMs);
  limit.cover(body);
  try {
    await pipeline(body, io.stdout, { end: false });
  } catch (error) {
    throw limit.isOver ? timedOut(reader.config.server, requestTimeoutMs) : error;
  }
}
