/**
 * Writes what Fairlead knows of Kubernetes' types from the Go modules of Kubernetes itself:
 * `src/api/types` (TypeScript) and `src/api/generated` (compact JSON).
 * Run: ./tools/with-node tools/facts/generate.ts
 */
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findModules } from './modules.ts';
import { readOpenApi } from './openapi.ts';
import { typeFiles } from './typescript.ts';

const root = join(import.meta.dirname, '../..');
const typesFolder = join(root, 'src/api/types');

const modules = await findModules();
const types = await readOpenApi(modules.kubernetes);

await mkdir(typesFolder, { recursive: true });
for (const [name, text] of typeFiles(types)) await writeFile(join(typesFolder, name), text);
await promisify(execFile)(join(root, 'node_modules/.bin/biome'), ['check', '--write', typesFolder], { cwd: root });
