/** A person who opens the web application again and again in a browser. */
import type { Browser } from 'playwright-core';
import { SteadyLoad } from './steady-load.ts';

/** A page counts when its script has the office's answer and a WebSocket that answers, with nothing that it complains of. */
export function browserLoad(browser: Browser, url: string): SteadyLoad {
  return new SteadyLoad('the web application in Chromium', async (signal) => {
    const context = await browser.newContext();
    // A page that is still loading at the end is given up.
    const close = (): void => void context.close();
    signal.addEventListener('abort', close, { once: true });
    try {
      context.setDefaultTimeout(20_000);
      const page = await context.newPage();
      const answer = await page.goto(url);
      if (answer?.status() !== 200) throw new Error(`${answer?.status()}: ${await answer?.text()}`);
      await page.getByText('The office is open.').waitFor();
      await page.locator('#trip', { hasText: /\d/ }).waitFor();
      const trouble = page.locator('#trouble');
      if (await trouble.isVisible()) throw new Error((await trouble.textContent()) ?? undefined);
    } finally {
      signal.removeEventListener('abort', close);
      await context.close();
    }
  });
}
