/** This process as commands see it. Its streams are opened on use: each takes a part of a short command's time. */
import type { CommandIo } from './command.ts';

export const processIo: CommandIo = {
  get stdin() {
    return process.stdin;
  },
  get stdout() {
    return process.stdout;
  },
  get stderr() {
    return process.stderr;
  },
  env: process.env,
  cwd: process.cwd(),
  ownsProcess: true,
};
