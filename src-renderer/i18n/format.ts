/** Numbers, sizes, times: as each language writes them, with SI units as printed on sticks. */

const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

function scale(bytes: number): { value: number; unit: (typeof units)[number] } {
  let value = bytes;
  let index = 0;
  while (value >= 999.5 && index < units.length - 1) {
    value /= 1000;
    index += 1;
  }
  return { value, unit: units[index] ?? 'byte' };
}

export interface Format {
  readonly locale: string;
  number: (value: number) => string;
  /** `12.1 GB` */
  bytes: (value: number) => string;
  /** `24 MB/s` */
  rate: (bytesPerSecond: number) => string;
  /** Of whole percents: `61 %` */
  percent: (whole: number) => string;
  /** `40 s`, `3 min`, `1 h 20 min` */
  duration: (seconds: number) => string;
  /** Time of day of a moment in milliseconds since 1970. */
  clock: (time: number) => string;
  /** Day of a moment in milliseconds since 1970: `3 May 2026`. */
  day: (time: number) => string;
  list: (items: readonly string[]) => string;
  /** Day and time of a moment in milliseconds since 1970: `3 May 2026, 14:05`. */
  moment: (time: number) => string;
}

/** The formats of a language. Makers of formats are slow, so each is made once. */
export function createFormat(locale: string): Format {
  const made = new Map<string, Intl.NumberFormat>();
  const plain = new Intl.NumberFormat(locale);
  const percent = new Intl.NumberFormat(locale, { style: 'percent' });
  const percents: Record<number, string> = {};
  const clock = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' });
  const day = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' });
  const moment = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });
  const list = new Intl.ListFormat(locale, { type: 'conjunction' });
  /** A number and its unit, which no end of a line comes between. */
  const unit = (value: number, name: string, digits = 0): string => {
    const key = `${name} ${String(digits)}`;
    let format = made.get(key);
    if (!format) {
      const style = {
        style: 'unit',
        unit: name,
        unitDisplay: 'short',
        maximumFractionDigits: digits,
      } as const;
      made.set(key, (format = new Intl.NumberFormat(locale, style)));
    }
    return format.format(value).replaceAll(' ', '\u00a0');
  };

  return {
    locale,
    number: (value) => plain.format(value),
    bytes(value) {
      const { value: amount, unit: name } = scale(value);
      return unit(amount, name, amount < 100 && name !== 'byte' ? 1 : 0);
    },
    rate(value) {
      const { value: amount, unit: name } = value > 0 ? scale(value) : { value: 0, unit: 'megabyte' };
      return unit(amount, `${name}-per-second`, amount < 10 && name !== 'byte' ? 1 : 0);
    },
    percent: (whole) => (percents[whole] ??= percent.format(whole / 100)),
    duration(seconds) {
      const whole = Math.max(0, Math.round(seconds));
      if (whole < 60) return unit(whole, 'second');
      const minutes = Math.floor(whole / 60);
      if (minutes < 10 && whole % 60 !== 0) return `${unit(minutes, 'minute')} ${unit(whole % 60, 'second')}`;
      if (minutes < 60) return unit(Math.round(whole / 60), 'minute');
      const rest = minutes % 60;
      const hours = unit(Math.floor(minutes / 60), 'hour');
      return rest === 0 ? hours : `${hours} ${unit(rest, 'minute')}`;
    },
    clock: (time) => clock.format(time),
    day: (time) => day.format(time),
    list: (items) => list.format(items),
    moment: (time) => moment.format(time),
  };
}
