/** The pages on which one signs in and out; plain forms, nothing runs in them. */
import { escapeHtml } from '../html.ts';

export const loginPath = '/.fairlead/access/login';
export const logoutPath = '/.fairlead/access/logout';

/** `leadsTo`: where a form's answer may lead besides this origin, as sources of a content security policy. */
export function pageHeaders(leadsTo: readonly string[]): Readonly<Record<string, string>> {
  const forms = ["'self'", ...leadsTo].join(' ');
  return {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': `default-src 'none'; style-src 'unsafe-inline'; form-action ${forms}; frame-ancestors 'none'; base-uri 'none'`,
    'Cache-Control': 'no-store',
    'Referrer-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
  };
}

/** `next` is a path of ours. */
export function loginPage({ next, trouble }: { next: string; trouble?: string | undefined }): string {
  return page(
    'Sign in',
    `<form method="post" action="${loginPath}">
<input type="hidden" name="next" value="${escapeHtml(next)}">
<input type="text" name="username" value="fairlead" autocomplete="username" hidden>
<label for="password">Password of this gateway</label>
<input id="password" type="password" name="password" autocomplete="current-password" required autofocus>
${trouble === undefined ? '' : `<p role="alert">${escapeHtml(trouble)}</p>`}
<button>Sign in</button></form>`,
  );
}

/** Where there is no password, only the link that the gateway printed. */
export function linkNeededPage(trouble: string): string {
  return page('Sign in', `<p>${escapeHtml(trouble)}</p>`);
}

export function logoutPage(): string {
  return page(
    'Sign out',
    `<form method="post" action="${logoutPath}"><button autofocus>Sign out everywhere</button></form>`,
  );
}

function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Fairlead</title>
<style>
:root { color-scheme: light dark }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 22rem; margin: 15vh auto 0; padding: 0 1.5rem }
h1 { font-size: 1.4rem } label, input, button { display: block; width: 100%; box-sizing: border-box; font: inherit }
input[hidden] { display: none } input, button { margin: .25rem 0 1rem; padding: .5rem } [role=alert] { margin: 0 0 1rem; font-weight: 600 }
</style></head>
<body><h1>${title}</h1>
${content}
</body></html>
`;
}
