const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** `5 min. ago`, `in 2 hr.`, `now`. */
export function ago(iso: string, now = Date.now()): string {
  const seconds = (Date.parse(iso) - now) / 1000;
  for (const [unit, size] of UNITS) {
    if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), unit);
  }
  return "now";
}

export const moment = (iso: string): string => exact.format(new Date(iso));
export const number = (value: number): string => whole.format(value);
/** `12`, or `12+` when there may be more. */
export const counted = (value: number, complete: boolean): string => number(value) + (complete ? "" : "+");
export const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** `1 d 3 h`, `12 min`, `0.8 s`: the two largest units. */
export function duration(seconds: number): string {
  if (seconds !== 0 && Math.abs(seconds) < 0.95) return `${Math.round(seconds * 1000)} ms`;
  if (Math.abs(seconds) < 60) return `${whole.format(seconds)} s`;
  const minutes = Math.round(Math.abs(seconds) / 60);
  const parts: string[] = [];
  const days = Math.floor(minutes / 1440);
  const hours = Math.floor((minutes % 1440) / 60);
  if (days) parts.push(`${days} d`);
  if (hours) parts.push(`${hours} h`);
  if (!days && minutes % 60) parts.push(`${minutes % 60} min`);
  return (seconds < 0 ? "-" : "") + parts.join(" ");
}

/** `validate_ticket` as `Validate ticket`. */
export const words = (name: string): string =>
  (name.charAt(0).toUpperCase() + name.slice(1)).replace(/[_.]/g, " ");

/** `user:ann` as `ann`: who acted, as people say it. */
export const person = (id: string): string => id.replace(/^user:/, "");
