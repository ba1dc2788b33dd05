/**
 * npm runs this before and after `npm pack`: builds `dist/` and puts the published package.json in place, then the
 * repository's back. A run that failed in between leaves the published one; the next begins by putting the other back.
 */
import { resolve } from 'node:path';
import { buildPackage } from './build.ts';
import { restore, standIn } from './stand-in.ts';

const root = resolve(import.meta.dirname, '../..');

restore(root);
if (process.argv[2] !== 'after') {
  await buildPackage();
  standIn(root);
}
