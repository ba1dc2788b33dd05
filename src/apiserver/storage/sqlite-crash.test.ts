import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openSqliteStorage } from './sqlite.ts';

const directory = mkdtempSync(join(tmpdir(), 'fairlead-crash-'));
after(() => rmSync(directory, { recursive: true }));

interface Acknowledged {
  value: string;
  revision: number;
}

const writer = fileURLToPath(new URL('./sqlite-crash-writer.ts', import.meta.url));

/** Kills a writer some milliseconds after its first acknowledged write; resolves with all it acknowledged. */
async function writeUntilKilled(file: string, round: number, milliseconds: number): Promise<Map<string, Acknowledged>> {
  const child = spawn(process.execPath, [writer, file, `${round}`], { stdio: ['ignore', 'pipe', 'inherit'] });
  child.stdout.setEncoding('utf8');
  let output = '';
  for await (const chunk of child.stdout) {
    if (output === '') void delay(milliseconds).then(() => child.kill('SIGKILL'));
    output += chunk;
  }
  const lines = output.split('\n').slice(0, -1);
  assert.ok(lines.length > 0, 'the writer acknowledged something');
  return new Map(
    lines.map((line) => {
      const [key = '', value = '', revision] = line.split(' ');
      return [key, { value, revision: Number(revision) }];
    }),
  );
}

it('every acknowledged write survives kill -9 at any moment', { timeout: 30_000 }, async () => {
  const file = join(directory, 'state.db');
  const all = new Map<string, Acknowledged>();
  let highest = 0;
  for (let round = 0; round < 6; round += 1) {
    const acknowledged = await writeUntilKilled(file, round, Math.random() * 150);
    for (const [key, written] of acknowledged) {
      assert.ok(written.revision > highest, `${key} was written after a restart with revision ${written.revision}`);
      all.set(key, written);
    }
    await using storage = await openSqliteStorage({ file });
    highest = await storage.currentRevision();
    const { entries } = await storage.list({ prefix: '/registry/' });
    const stored = new Map(entries.map((entry) => [entry.key, entry]));
    for (const [key, { value, revision }] of all) {
      const entry = stored.get(key);
      assert.ok(entry !== undefined, `${key} is lost`);
      assert.ok(revision <= highest);
      // The renewed key may hold a write whose acknowledgement was cut off.
      if (entry.revision === revision) assert.equal(Buffer.from(entry.value).toString(), value);
      else assert.ok(entry.revision > revision && key.startsWith('/registry/coordination'), `${key} went back`);
    }
  }
});
