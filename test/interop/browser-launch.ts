/** A real browser for tests. */
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium } from 'playwright-core';
import { chromiumPath } from '../peers/chromium.ts';

const missing = 'Chromium is not installed: on Debian, apt-get install chromium (or name it by FAIRLEAD_CHROMIUM)';

/** For `test(…, { skip })`: false where there is a Chromium. With CI=true a missing one is an error. */
export function skipWithoutChromium(): string | false {
  if (chromiumPath() !== undefined) return false;
  if (process.env.CI === 'true') throw new Error(missing);
  return missing;
}

/** `args`: further ones of Chromium's own. */
export async function launchBrowser(args: readonly string[] = []): Promise<Browser> {
  const executablePath = chromiumPath();
  if (executablePath === undefined) throw new Error(missing);
  return chromium.launch({
    executablePath,
    args: [
      // Chromium's sandbox does not start for root, nor where user namespaces are forbidden, as in most containers.
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...args,
    ],
  });
}

export interface Visit extends AsyncDisposable {
  context: BrowserContext;
  /** What pages complained of: errors on the console, exceptions. */
  complaints: string[];
  /** Every address that was asked for. */
  requests: string[];
}

/** A browser profile of its own. */
export async function visit(browser: Browser, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(15_000);
  const complaints: string[] = [];
  const requests: string[] = [];
  context.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  context.on('weberror', (error) => complaints.push(error.error().message));
  context.on('request', (request) => requests.push(request.url()));
  return { context, complaints, requests, [Symbol.asyncDispose]: () => context.close() };
}
