/** This process as commands see it. Its streams are opened on use: each takes a part of a short command's time. */
import { writeSync } from 'node:fs';
import type { CommandIo } from './command.ts';
import { stopUnheard } from './stop-signal.ts';

const failures = { stdout: onFailure('standard output'), stderr: onFailure('standard error') };

function watched<S extends NodeJS.WriteStream>(stream: S, onError: (error: NodeJS.ErrnoException) => void): S {
  return stream.listeners('error').includes(onError) ? stream : stream.on('error', onError);
}

/** Where the reader has left (`| head`) the command is told to end as by a signal; what cannot be written is lost. */
function onFailure(place: string): (error: NodeJS.ErrnoException) => void {
  return ({ code, message }) => {
    if (code === 'EPIPE') {
      stopUnheard();
      return;
    }
    const why = code === 'ENOSPC' ? 'no space is left on the device' : message;
    try {
      writeSync(process.stderr.fd, `error: cannot write to ${place}: ${why}; what was to follow is lost\n`);
    } catch {
      // Then the exit code alone tells.
    }
    process.exit(1);
  };
}

export const processIo: CommandIo = {
  get stdin() {
    return process.stdin;
  },
  get stdout() {
    return watched(process.stdout, failures.stdout);
  },
  get stderr() {
    return watched(process.stderr, failures.stderr);
  },
  env: process.env,
  cwd: process.cwd(),
  ownsProcess: true,
};
