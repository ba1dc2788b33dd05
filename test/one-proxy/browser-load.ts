/** A person who opens the web application again and again in a browser. */
import type { Browser, BrowserContext } from 'playwright-core';
import { SteadyLoad } from './steady-load.ts';

/** A page counts when its script has the office's answer and a WebSocket that answers, with nothing that it complains of. */
export function browserLoad(browser: Browser, url: string): SteadyLoad {
  return new SteadyLoad('the web application in Chromium', async (signal) => {
    const context = await browser.newContext();
    // At the end a page that is still loading is given up, and a tab that is still opening, which may never be told of its closing.
    const { promise: givenUp, reject } = Promise.withResolvers<never>();
    const giveUp = (): void => reject(signal.reason);
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      await Promise.race([visit(context, url), givenUp]);
    } finally {
      signal.removeEventListener('abort', giveUp);
      // What was given up goes with the browser.
      if (!signal.aborted) await context.close();
    }
  });
}

async function visit(context: BrowserContext, url: string): Promise<void> {
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  const answer = await page.goto(url);
  if (answer?.status() !== 200) throw new Error(`${answer?.status()}: ${await answer?.text()}`);
  await page.getByText('The office is open.').waitFor();
  await page.locator('#trip', { hasText: /\d/ }).waitFor();
  const trouble = page.locator('#trouble');
  if (await trouble.isVisible()) throw new Error((await trouble.textContent()) ?? undefined);
}
