/** The cluster of these tests, and what `why` says of it. */
import assert from 'node:assert/strict';
import type { Home } from '../fairlead-process.ts';

/** A cluster for these tests; the kubeconfig of `home` leads to it. */
export interface ReachSide {
  home: Home;
  apiUrl: string;
  /** That of a running cluster's own. */
  gatewayUrl: string | undefined;
  stop(): Promise<void>;
}

interface Report {
  ok: boolean;
  steps: { check: string; state: string; says: string; fix?: string }[];
}

/** What `why` finds, held to its contract: it ends at what is wrong, and its exit code tells whether anything is. */
export async function why(
  { home }: ReachSide,
  ...args: string[]
): Promise<Report & { failed: Report['steps'][number] | undefined }> {
  const { code, stdout, stderr } = await home.fairlead('why', ...args, '-o', 'json');
  assert.ok(stdout.startsWith('{'), stderr);
  const report: Report = JSON.parse(stdout);
  const wrong = report.steps.filter(({ state }) => state === 'failed');
  assert.equal(code, report.ok ? 0 : 1);
  assert.equal(wrong.length, report.ok ? 0 : 1);
  // The walk ends at what is wrong.
  if (!report.ok) assert.equal(report.steps.at(-1), wrong[0]);
  return { ...report, failed: wrong[0] };
}
