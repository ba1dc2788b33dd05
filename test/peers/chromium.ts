/** The system's Chromium, for tests in a real browser. */
import { existsSync } from 'node:fs';

/** FAIRLEAD_CHROMIUM, or where distributions put it; undefined when there is none. */
export function chromiumPath(): string | undefined {
  const places = [
    process.env.FAIRLEAD_CHROMIUM,
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
  ];
  return places.find((place) => place !== undefined && existsSync(place));
}
