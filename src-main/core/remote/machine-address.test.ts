import { describe, expect, it } from 'vitest';
import { readAddress } from './machine-address.ts';

describe('the address of a machine', () => {
  it.each([
    ['192.168.1.20', 'https://192.168.1.20:8643'],
    ['192.168.1.20:443', 'https://192.168.1.20:443'],
    ['https://192.168.1.20:443/', 'https://192.168.1.20:443'],
    ['https://bench.local', 'https://bench.local:8643'],
    ['https://Bench:9000/machines', 'https://bench:9000'],
    ['fd00::1', 'https://[fd00::1]:8643'],
    ['[fd00::1]:9000', 'https://[fd00::1]:9000'],
    ['http://127.0.0.1:8080/?key=abc', 'http://127.0.0.1:8080'],
    ['http://[::1]:8080/', 'http://[::1]:8080'],
  ])('%s is %s', (typed, origin) => {
    expect(readAddress(typed).origin).toBe(origin);
    // As it is stored, it means the same.
    expect(readAddress(origin).origin).toBe(origin);
  });

  it.each([
    '',
    'http://192.168.1.20:8080/',
    'http://127.0.0.1.evil.example/',
    'ftp://192.168.1.20/',
    'file:///etc/passwd',
    'https://user:secret@host/',
    'https://',
    'a b',
    'https://host:99999/',
  ])('%j is refused', (typed) => {
    expect(() => readAddress(typed)).toThrow('bad-address');
  });
});
