/**
 * Links of a proxied application put under the proxy's prefix, after upstream's `util/proxy/transport.go`: the Location
 * header, and URL attributes of HTML tags. Bytes that are no such link pass unchanged, in pieces as they come.
 */
import { Transform } from 'node:stream';

export interface LinkContext {
  /** `/api/v1/namespaces/N/services/S/proxy`, without a slash at the end. */
  prefix: string;
  /** `HOST:PORT` of the backend. */
  backend: string;
  /** The Host header of the request. */
  requestHost: string;
}

/** Which attributes of which tags hold URLs. */
const ATTRIBUTES: Readonly<Record<string, readonly string[]>> = {
  a: ['href'],
  applet: ['codebase'],
  area: ['href'],
  audio: ['src'],
  base: ['href'],
  blockquote: ['cite'],
  body: ['background'],
  button: ['formaction'],
  command: ['icon'],
  del: ['cite'],
  embed: ['src'],
  form: ['action'],
  frame: ['longdesc', 'src'],
  head: ['profile'],
  html: ['manifest'],
  iframe: ['longdesc', 'src'],
  img: ['longdesc', 'src', 'usemap'],
  input: ['src', 'usemap', 'formaction'],
  ins: ['cite'],
  link: ['href'],
  object: ['classid', 'codebase', 'data', 'usemap'],
  q: ['cite'],
  script: ['src'],
  source: ['src'],
  video: ['poster', 'src'],
};

/** Between their tags is text, whatever it looks like. */
const RAW_TEXT: ReadonlySet<string> = new Set(['script', 'style', 'textarea', 'title']);

/** A link of the same origin gets the prefix, unless it has it; any other one stays as it is. */
export function rewriteLink(link: string, { prefix, backend, requestHost }: LinkContext): string {
  const match = /^(?:(https?):)?\/\/([^/?#]*)(.*)$/is.exec(link);
  if (match === null) return link.startsWith('/') ? addPrefix(link, prefix) : link;
  const [, , host = '', rest = ''] = match;
  // The backend's own address means nothing to the client: only the path stays.
  if (host === backend) return addPrefix(rest.startsWith('/') ? rest : `/${rest}`, prefix);
  if (host !== requestHost || !rest.startsWith('/')) return link;
  return `${link.slice(0, link.length - rest.length)}${addPrefix(rest, prefix)}`;
}

function addPrefix(path: string, prefix: string): string {
  const next = path.charAt(prefix.length);
  const hasPrefix = path.startsWith(prefix) && (next === '' || next === '/' || next === '?' || next === '#');
  return hasPrefix ? path : `${prefix}${path}`;
}

/** A tag longer than this is passed on as it is. */
const MAX_TAG_CHARS = 64 * 1024;

/**
 * Rewrites HTML as it flows. Text is taken byte by byte (Latin-1), which is right for every encoding in which tags are
 * ASCII, UTF-8 above all.
 */
export function linkRewriter(context: LinkContext): Transform {
  let rest = '';
  let rawTag = '';

  /** What can be decided of `rest`; the remainder stays in it. */
  const take = (isLast: boolean): string => {
    let out = '';
    while (rest !== '') {
      const end = rawTag !== '' ? endOfRawText(rest, rawTag) : rest.indexOf('<');
      if (end === -1) {
        // The last characters may be the beginning of the closing tag.
        const keep = rawTag === '' || isLast ? 0 : rawTag.length + 2;
        const cut = Math.max(rest.length - keep, 0);
        out += rest.slice(0, cut);
        rest = rest.slice(cut);
        return out;
      }
      out += rest.slice(0, end);
      rest = rest.slice(end);
      const length = tagLength(rest);
      if (length === undefined) {
        if (isLast || rest.length > MAX_TAG_CHARS) {
          out += rest;
          rest = '';
        }
        return out;
      }
      const tag = rest.slice(0, length);
      rest = rest.slice(length);
      rawTag = '';
      const name = /^<([a-z][a-z0-9]*)/i.exec(tag)?.[1]?.toLowerCase();
      if (name === undefined) {
        out += tag;
        continue;
      }
      if (RAW_TEXT.has(name) && !tag.endsWith('/>')) rawTag = name;
      out += rewriteTag(tag, name, context);
    }
    return out;
  };

  return new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      rest += chunk.toString('latin1');
      callback(null, Buffer.from(take(false), 'latin1'));
    },
    flush(callback) {
      callback(null, Buffer.from(take(true), 'latin1'));
    },
  });
}

function endOfRawText(text: string, name: string): number {
  return text.search(new RegExp(`</${name}[\\s/>]`, 'i'));
}

/** Length of the tag or comment that the text begins with; undefined when its end is not there yet. */
function tagLength(text: string): number | undefined {
  if (text.startsWith('<!--')) {
    const end = text.indexOf('-->', 4);
    return end === -1 ? undefined : end + 3;
  }
  if (text.length < 4 && '<!--'.startsWith(text)) return undefined;
  if (!/^<[a-z/!?]/i.test(text)) return 1;
  let quote = '';
  for (let index = 1; index < text.length; index += 1) {
    const char = text.charAt(index);
    if (quote !== '') {
      if (char === quote) quote = '';
    } else if ((char === '"' || char === "'") && /=\s*$/.test(text.slice(Math.max(0, index - 16), index))) {
      quote = char;
    } else if (char === '>') {
      return index + 1;
    }
  }
  return undefined;
}

function rewriteTag(tag: string, name: string, context: LinkContext): string {
  const attributes = ATTRIBUTES[name];
  if (attributes === undefined) return tag;
  // Names begin where none goes on: without that, a tag of one long word would be tried from each of its letters.
  return tag.replace(
    /(?<![^\s"'<>/=])([^\s"'<>/=]+)(\s*=\s*)("[^"]*"|'[^']*'|[^\s"'>]+)/g,
    (whole, key: string, equals: string, value: string) => {
      if (!attributes.includes(key.toLowerCase())) return whole;
      const quote = value.startsWith('"') || value.startsWith("'") ? value.charAt(0) : '';
      const link = quote === '' ? value : value.slice(1, -1);
      return `${key}${equals}${quote}${rewriteLink(link, context)}${quote}`;
    },
  );
}
