/** A browser's tab on the page, without a browser. */
import assert from 'node:assert/strict';
import type { PageHandler, PageRequest, PageResponse } from '../src/gateway/page-handler.ts';

/** A tab: what it was sent, event by event. */
export function openTab(handler: PageHandler) {
  const events: { event: string; data: unknown }[] = [];
  let arrived = Promise.withResolvers<void>();
  const gone = new AbortController();
  const response: PageResponse = {
    send: () => assert.fail('a stream was expected'),
    stream(status, headers) {
      assert.equal(status, 200);
      assert.equal(headers['Content-Type'], 'text/event-stream');
      return {
        write(chunk) {
          for (const block of String(chunk)
            .split('\n\n')
            .filter((text) => text.startsWith('event: '))) {
            const [, event = '', data = ''] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? [];
            events.push({ event, data: JSON.parse(data) });
          }
          arrived.resolve();
          return true;
        },
        drained: async () => {},
        end: () => {},
      };
    },
  };
  void handler(pageRequest('/.fairlead/events', gone.signal), response);
  return {
    events,
    close: () => gone.abort(),
    /** The next event that fits, also one that has come already. */
    async find(event: string, fits: (data: unknown) => boolean = () => true): Promise<unknown> {
      for (;;) {
        const at = events.findIndex((one) => one.event === event && fits(one.data));
        const [found] = at < 0 ? [] : events.splice(0, at + 1).slice(-1);
        if (found !== undefined) return found.data;
        arrived = Promise.withResolvers();
        await arrived.promise;
      }
    },
  };
}

/** As the gateway hands it to its page. */
export function pageRequest(path: string, signal: AbortSignal, headers: Record<string, string> = {}): PageRequest {
  return {
    method: 'GET',
    path,
    query: '',
    headers: new Map(Object.entries(headers)),
    origin: 'http://localhost:8001',
    signal,
  };
}
