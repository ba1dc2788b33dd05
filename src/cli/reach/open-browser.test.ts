import assert from 'node:assert/strict';
import { test } from 'node:test';
import { browserCommands, openBrowser } from './open-browser.ts';

const url = 'http://web.shop.localhost:8001/';

test('BROWSER first, then what the system has, and nothing without a display', () => {
  assert.deepEqual(browserCommands(url, { BROWSER: 'firefox:chrome --app=%s', DISPLAY: ':0' }, 'linux'), [
    ['firefox', url],
    ['chrome', `--app=${url}`],
  ]);
  assert.deepEqual(browserCommands(url, { DISPLAY: ':0' }, 'linux'), [['xdg-open', url]]);
  assert.deepEqual(browserCommands(url, { WAYLAND_DISPLAY: 'w' }, 'linux'), [['xdg-open', url]]);
  assert.deepEqual(browserCommands(url, {}, 'linux'), []);
  assert.deepEqual(browserCommands(url, {}, 'darwin'), [['open', url]]);
});

test('the first command that works is enough; none that does is told', async () => {
  assert.equal(await openBrowser(url, { PATH: process.env.PATH, BROWSER: '/nowhere/browser:false:true' }), true);
  assert.equal(await openBrowser(url, { PATH: process.env.PATH, BROWSER: '/nowhere/browser:false' }), false);
});
