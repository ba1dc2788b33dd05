/** The body of a request as it is passed on. */
import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';

/**
 * Gives what the body gives, and fails with it. Whoever reads it may destroy it early, as a backend that answers before it has
 * read all makes the pool do: the client's connection stays, for the answer, and what still comes of the body is dropped. (Node
 * bounds the time that a request may take to come.)
 */
export function passedBody(request: IncomingMessage): PassThrough {
  const body = new PassThrough();
  request.on('error', (error) => body.destroy(error));
  body.once('close', () => {
    request.unpipe(body);
    request.resume();
  });
  return request.pipe(body);
}
