/** `/healthz`, `/livez`, `/readyz`: one line for machines, every check by name for people (`?verbose`, `/readyz/NAME`). */
import { sendText } from '../answer.ts';
import type { Exchange } from '../exchange.ts';
import type { PathHandler } from './route.ts';
import { pathParts } from './route.ts';

export interface HealthCheck {
  readonly name: string;
  /** Which of the three ask it; all unless said. A server that is not ready is still alive. */
  readonly only?: 'readyz';
  /** Throws when it fails; the reason is logged, never answered, since anybody may ask. */
  check(): Promise<void> | void;
}

const ENDPOINTS: ReadonlySet<string> = new Set(['healthz', 'livez', 'readyz']);

export function health(checks: readonly HealthCheck[], log: (line: string) => void): PathHandler {
  return (exchange) => {
    const [endpoint = '', name, more] = pathParts(exchange.info.path);
    if (!ENDPOINTS.has(endpoint) || more !== undefined) return undefined;
    const asked = checks.filter(({ only }) => only === undefined || only === endpoint);
    if (name === undefined) return answerAll(exchange, endpoint, asked, log);
    const one = asked.find((check) => check.name === name);
    return one === undefined ? undefined : answerOne(exchange, endpoint, one, log);
  };
}

async function passes(check: HealthCheck, endpoint: string, log: (line: string) => void): Promise<boolean> {
  try {
    await check.check();
    return true;
  } catch (error) {
    log(`${endpoint}: the check ${check.name} failed: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

async function answerOne(
  exchange: Exchange,
  endpoint: string,
  check: HealthCheck,
  log: (line: string) => void,
): Promise<void> {
  const passed = await passes(check, endpoint, log);
  return sendText(exchange, passed ? 200 : 500, passed ? 'ok' : `internal server error: ${check.name} failed`);
}

async function answerAll(
  exchange: Exchange,
  endpoint: string,
  checks: readonly HealthCheck[],
  log: (line: string) => void,
): Promise<void> {
  const excluded = new Set(exchange.query.getAll('exclude'));
  const results = await Promise.all(
    checks.map(async (check) => ({
      name: check.name,
      excluded: excluded.has(check.name),
      passed: excluded.has(check.name) || (await passes(check, endpoint, log)),
    })),
  );
  const failed = results.some(({ passed }) => !passed);
  if (!failed && !exchange.query.has('verbose')) return sendText(exchange, 200, 'ok');
  const lines = results.map((result) =>
    result.passed
      ? `[+]${result.name} ${result.excluded ? 'excluded: ok' : 'ok'}`
      : `[-]${result.name} failed: reason withheld`,
  );
  lines.push(`${endpoint} check ${failed ? 'failed' : 'passed'}`, '');
  return sendText(exchange, failed ? 500 : 200, lines.join('\n'));
}
