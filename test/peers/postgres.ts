/** The system's PostgreSQL: server, psql and pgbench. */
import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Debian keeps the server's programs of each version apart and off PATH; the newest. */
const directory = globSync('/usr/lib/postgresql/*/bin').sort((a, b) => versionOf(b) - versionOf(a))[0];

function versionOf(path: string): number {
  return Number(/\/(\d+)\/bin$/.exec(path)?.[1]);
}

export function isPostgresInstalled(): boolean {
  return directory !== undefined;
}

export function postgresPath(program: 'initdb' | 'postgres' | 'psql' | 'pgbench'): string {
  return directory === undefined ? program : join(directory, program);
}

/** Whom its server is to run as: it refuses to run as root. Undefined where this process is not root's. */
export async function postgresAccount(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const line = /^postgres:[^:]*:(\d+):(\d+):/m.exec(await readFile('/etc/passwd', 'utf8'));
  if (line === null) throw new Error('The package postgresql has made no user "postgres" to run its server as.');
  return { uid: Number(line[1]), gid: Number(line[2]) };
}
