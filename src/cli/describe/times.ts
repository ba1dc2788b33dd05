/** Points in time as Go writes them, in the zone of this machine. */

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const two = (value: number): string => String(value).padStart(2, '0');

/** `Mon, 02 Jan 2006 15:04:05 -0700` (RFC 1123); Go's zero time where there is none. */
export function mailTime(timestamp: string | null | undefined): string {
  const time = parse(timestamp);
  if (time === undefined) return 'Mon, 01 Jan 0001 00:00:00 +0000';
  const date = `${days[time.getDay()]}, ${two(time.getDate())} ${months[time.getMonth()]} ${time.getFullYear()}`;
  return `${date} ${clock(time)} ${offset(time)}`;
}

/** `2006-01-02 15:04:05 -0700 MST`. */
export function plainTime(timestamp: string | null | undefined): string {
  const time = parse(timestamp);
  if (time === undefined) return '0001-01-01 00:00:00 +0000 UTC';
  const date = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${date} ${clock(time)} ${offset(time)} ${zoneName(time)}`;
}

function parse(timestamp: string | null | undefined): Date | undefined {
  if (timestamp === undefined || timestamp === null) return undefined;
  const time = new Date(timestamp);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

function clock(time: Date): string {
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}

function offset(time: Date): string {
  const minutes = -time.getTimezoneOffset();
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.trunc(size / 60))}${two(size % 60)}`;
}

/** Each knows the abbreviations that are usual there. */
const locales = ['en-US', 'en-GB', 'en-IN', 'en-AU', 'en-NZ', 'en-ZA', 'ja-JP'];

/** `UTC`, `CET`; zones without an abbreviation have their offset. */
function zoneName(time: Date): string {
  for (const locale of locales) {
    const parts = new Intl.DateTimeFormat(locale, { timeZoneName: 'short' }).formatToParts(time);
    const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
    if (/^[A-Z]+$/.test(name)) return name;
  }
  return offset(time).replace(/00$/, '');
}
