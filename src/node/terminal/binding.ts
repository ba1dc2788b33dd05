/** The prebuilt program part that makes pseudo-terminals, where there is one for this platform. */
import { createRequire } from 'node:module';

/** What of it is used. Sizes are numbers of characters. */
export interface TerminalBinding {
  /** Starts a program in a new terminal, in a session of its own; the file is the terminal's other end, and not blocking. */
  fork(
    file: string,
    args: readonly string[],
    environment: readonly string[],
    workingDirectory: string,
    columns: number,
    rows: number,
    uid: number,
    gid: number,
    isUtf8: boolean,
    spawnHelper: string,
    onExit: (code: number, signal: number) => void,
  ): { fd: number; pid: number };
  resize(fd: number, columns: number, rows: number): void;
}

const platforms = ['linux-x64', 'linux-arm64'];
const load = createRequire(import.meta.url);
const file = `@lydell/node-pty-${process.platform}-${process.arch}/pty.node`;

/** Why there can be no terminals here, as a clause; undefined where there can. */
export function terminalObstacle(): string | undefined {
  const platform = `${process.platform}-${process.arch}`;
  if (!platforms.includes(platform)) {
    return `terminals are not available on ${platform} (only on ${platforms.join(' and ')})`;
  }
  try {
    load.resolve(file);
    return undefined;
  } catch {
    return `terminals need the optional package @lydell/node-pty-${platform}, which is not installed (npm install --include=optional)`;
  }
}

/** Throws where the file is for another system (musl instead of glibc). */
export function loadBinding(): TerminalBinding {
  return load(file) as TerminalBinding;
}
