/**
 * What was discovered of a server's kinds, kept on disk for some minutes: asking anew would take two thirds of the time of a
 * `get`. What the kept types do not know is asked for; what the server no longer has is forgotten with its first 404.
 */
import { readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { isRecord } from '../../lib/is-record.ts';
import type { CommandIo } from '../command.ts';
import type { ResourceType } from './resource-types.ts';

export interface KeptTypes {
  core: readonly ResourceType[];
  others: readonly ResourceType[];
}

export interface TypesPlace {
  file: string;
  server: string;
}

const keptForMs = 10 * 60_000;
/** Of the file's form; another one is not read. */
const form = 1;

/** In the user's own cache directory; undefined where there is none. */
export function typesPlace(server: string, { XDG_CACHE_HOME, HOME }: CommandIo['env']): TypesPlace | undefined {
  const base = XDG_CACHE_HOME?.startsWith('/') ? XDG_CACHE_HOME : HOME?.startsWith('/') ? `${HOME}/.cache` : undefined;
  if (base === undefined) return undefined;
  const name = server.replace(/^https?:\/\//, '').replace(/[^\w.-]/g, '_');
  return { file: `${base}/fairlead/discovery/${name.slice(0, 200)}.json`, server };
}

/** Undefined where nothing is kept, or for too long, or of another server whose name looks the same. */
export function readKeptTypes(place: TypesPlace | undefined): KeptTypes | undefined {
  if (place === undefined) return undefined;
  try {
    const kept: unknown = JSON.parse(readFileSync(place.file, 'utf8'));
    if (!isRecord(kept) || kept.form !== form || kept.server !== place.server) return undefined;
    const age = Date.now() - Number(kept.at);
    if (!(age >= 0 && age < keptForMs) || !Array.isArray(kept.core) || !Array.isArray(kept.others)) return undefined;
    // Only `keepTypes` writes here, into a directory that is the user's alone.
    return { core: kept.core as ResourceType[], others: kept.others as ResourceType[] };
  } catch {
    return undefined;
  }
}

/** Where it cannot be written nothing is kept. */
export async function keepTypes(place: TypesPlace | undefined, { core, others }: KeptTypes): Promise<void> {
  if (place === undefined) return;
  const { file, server } = place;
  const temporary = `${file}.${process.pid}.tmp`;
  const [{ rename, rm, writeFile }, { makeDirectory }] = await Promise.all([
    import('node:fs/promises'),
    import('../../lib/make-directory.ts'),
  ]);
  try {
    await makeDirectory(dirname(file), 0o700);
    await writeFile(temporary, JSON.stringify({ form, server, at: Date.now(), core, others }), { mode: 0o600 });
    await rename(temporary, file);
  } catch {
    await rm(temporary, { force: true }).catch(() => {});
  }
}

export function forgetTypes(place: TypesPlace | undefined): void {
  if (place !== undefined) rmSync(place.file, { force: true });
}
