/** What a node says of a connection that it was to forward to a pod. */

/** In the words of Node.js, and in those of Go, which nodes have whatever runs their containers. */
const refused = /\bconnect ECONNREFUSED\b|\bconnect: connection refused\b/;

/**
 * The error of a forwarded connection's stream, in the node's words. With the code ECONNREFUSED where nothing listened at the pod's port: no connection came about, so that nothing of what was
 * sent meanwhile has reached anybody.
 */
export class ForwardError extends Error {
  override readonly name = 'ForwardError';
  readonly code: 'ECONNREFUSED' | undefined;

  constructor(text: string) {
    super(text);
    this.code = refused.test(text) ? 'ECONNREFUSED' : undefined;
  }
}
