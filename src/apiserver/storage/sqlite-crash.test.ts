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

/**
 * Kills a writer some milliseconds after its first acknowledged write, or after its start; resolves with all it
 * acknowledged.
 */
async function writeUntilKilled(
  file: string,
  { round, from, milliseconds }: { round: number; from: 'start' | 'first write'; milliseconds: number },
): Promise<Map<string, Acknowledged>> {
  const child = spawn(process.execPath, [writer, file, `${round}`], { stdio: ['ignore', 'pipe', 'inherit'] });
  child.stdout.setEncoding('utf8');
  const kill = (): void => void delay(milliseconds).then(() => child.kill('SIGKILL'));
  if (from === 'start') kill();
  let output = '';
  for await (const chunk of child.stdout) {
    if (output === '' && from === 'first write') kill();
    output += chunk;
  }
  const lines = output.split('\n').slice(0, -1);
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
  for (let round = 0; round < 9; round += 1) {
    // The early ones hit the making of the file and its recovery.
    const early = round % 3 === 0;
    const milliseconds = early ? 40 + Math.random() * 60 : Math.random() * 120;
    const acknowledged = await writeUntilKilled(file, { round, from: early ? 'start' : 'first write', milliseconds });
    assert.ok(early || acknowledged.size > 0, 'the writer acknowledged something');
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
