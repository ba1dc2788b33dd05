/** Changes the payload of a response on its way through. */
export interface BodyTransform {
  /** What may be passed on of all that came so far. */
  push(chunk: Buffer): Buffer;
  /** What was held back, once the payload is complete. */
  end(): Buffer;
}
