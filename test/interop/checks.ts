/** Programs in other languages that check a cluster and print one JSON line for each thing that they tried. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Home } from '../fairlead-process.ts';

interface Check {
  check: string;
  error?: string;
}

/** Runs it to its end and makes each line a subtest. Fails when there are fewer than `atLeast`. */
export async function checksHold(
  t: TestContext,
  home: Home,
  [program, ...args]: readonly [string, ...string[]],
  { atLeast, except }: { atLeast: number; except?: string },
): Promise<void> {
  const { code, stdout, stderr } = await home.run(program, args);
  assert.equal(code, 0, stderr);
  const checks: Check[] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.ok(checks.length >= atLeast, `the program made ${checks.length} checks`);
  for (const { check, error } of checks) {
    if (check === except) continue;
    await t.test(check, () => assert.equal(error, undefined));
  }
}
