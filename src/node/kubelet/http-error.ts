/** An answer of the kubelet's API that is not a success; plain text, as the kubelet answers. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}
