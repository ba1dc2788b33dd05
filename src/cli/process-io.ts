/** This process as commands see it. Its streams are opened on use: each takes a part of a short command's time. */
import type { CommandIo } from './command.ts';

let isUnheard = false;

/** Who reads has left (`| head`): there is nobody to go on for, and the command is told to end as by a signal. */
function endingWithReader<S extends NodeJS.WriteStream>(stream: S): S {
  if (stream.listeners('error').includes(onFailure)) return stream;
  return stream.on('error', onFailure);
}

function onFailure(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  if (!isUnheard) process.kill(process.pid, 'SIGTERM');
  isUnheard = true;
}

export const processIo: CommandIo = {
  get stdin() {
    return process.stdin;
  },
  get stdout() {
    return endingWithReader(process.stdout);
  },
  get stderr() {
    return endingWithReader(process.stderr);
  },
  env: process.env,
  cwd: process.cwd(),
  ownsProcess: true,
};
