// Reading what people type as option values. Each throws commander's InvalidArgumentError, which becomes a usage error.

import { InvalidArgumentError } from 'commander';

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  K: 1024,
  KIB: 1024,
  M: 1024 ** 2,
  MIB: 1024 ** 2,
  G: 1024 ** 3,
  GIB: 1024 ** 3,
  T: 1024 ** 4,
  TIB: 1024 ** 4,
  KB: 1000,
  MB: 1000 ** 2,
  GB: 1000 ** 3,
  TB: 1000 ** 4,
};

/** `64K`, `1M`, `1.5G` count in 1024s, `20MB`, `32GB` in 1000s as printed on sticks; a bare number is bytes. */
export function parseSize(text: string): number {
  const match = /^(\d{1,16})(\.\d{1,9})?\s?([a-z]{0,3})$/i.exec(text.trim());
  const unit = UNITS[(match?.[3] ?? '?').toUpperCase()];
  if (!match || unit === undefined)
    throw new InvalidArgumentError('Sizes look like 65536, 64K, 1M, 1.5G or 20MB.');
  const bytes = Number(`${match[1]}${match[2] ?? ''}`) * unit;
  if (!Number.isSafeInteger(bytes)) throw new InvalidArgumentError('That is not a whole number of bytes.');
  return bytes;
}

/** A parser for whole numbers from `min` to `max`. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max))
      throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
    return value;
  };
}

/** A parser for sizes from `min` to `max` bytes. */
export function sizeBetween(min: number, max: number, range: string): (text: string) => number {
  return (text) => {
    const bytes = parseSize(text);
    if (bytes < min || bytes > max) throw new InvalidArgumentError(`It must be ${range}.`);
    return bytes;
  };
}

/** A block size: a power of two from 64K to 16M. */
export function parseBlock(text: string): number {
  const bytes = parseSize(text);
  if (bytes < 65_536 || bytes > 16_777_216 || !Number.isInteger(Math.log2(bytes)))
    throw new InvalidArgumentError('It must be a power of two from 64K to 16M.');
  return bytes;
}

/** Every value of an option that may be given more than once. */
export function collect(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}
