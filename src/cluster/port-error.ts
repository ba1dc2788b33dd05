/**
 * The system's words for a port that cannot be had, in an error or its cause, as a sentence that names the flag; any other error as it is.
 */
export function portError(error: unknown, port: number, flag: string): unknown {
  const code = codeOf(error) ?? (error instanceof Error ? codeOf(error.cause) : undefined);
  if (code === 'EADDRINUSE') {
    return new Error(
      `port ${port} is in use: stop what listens there, or choose another with ${flag} (0: any free one)`,
      {
        cause: error,
      },
    );
  }
  if (code === 'EACCES') {
    return new Error(`you may not listen on port ${port}: choose one above 1023 with ${flag}`, { cause: error });
  }
  return error;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
