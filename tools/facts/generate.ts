/**
 * Writes what Fairlead knows of Kubernetes' types from the Go modules of Kubernetes itself:
 * `src/api/types` (TypeScript) and `src/api/generated` (compact JSON).
 * Run: ./tools/with-node tools/facts/generate.ts
 */
import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { factFiles } from './facts.ts';
import { addGoFacts, optionsTypes, readGoPackages } from './go-structs.ts';
import { kindFiles, readKinds } from './kinds.ts';
import { findModules } from './modules.ts';
import { readOpenApi } from './openapi.ts';
import { typeFiles } from './typescript.ts';

const root = join(import.meta.dirname, '../..');

async function replaceFolder(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const [name, text] of files) await writeFile(join(folder, name), text);
}

const modules = await findModules();
const types = await readOpenApi(modules.kubernetes);
const packages = await readGoPackages(modules, new Set(types.map((type) => type.package)));
const missing = addGoFacts(types, packages);
if (missing.length > 0) console.log(`no protobuf facts for ${missing.join(', ')}`);

const typesFolder = join(root, 'src/api/types');
const kinds = kindFiles(await readKinds(modules.kubernetes), types);
await replaceFolder(typesFolder, new Map([...typeFiles(types), ...kinds]));
await promisify(execFile)(join(root, 'node_modules/.bin/biome'), ['check', '--write', typesFolder], { cwd: root });
await replaceFolder(join(root, 'src/api/generated'), factFiles([...types, ...optionsTypes(packages)]));
