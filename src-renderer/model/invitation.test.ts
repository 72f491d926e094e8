import { describe, expect, it } from 'vitest';
import { isJobName, isLoopback, isServer, readInvitation, serverUrl, stationCommand } from './invitation.ts';

const needs = { credentials: false, ca: false };

describe('an invitation', () => {
  it.each([
    ['nats://10.0.0.5:4222', 'nats://10.0.0.5:4222', null],
    ['nats://10.0.0.5:4222 k3v8pq2m', 'nats://10.0.0.5:4222', 'k3v8pq2m'],
    ['nats://10.0.0.5:4222\nk3v8pq2m\n', 'nats://10.0.0.5:4222', 'k3v8pq2m'],
    ['  10.0.0.5 ', '10.0.0.5', null],
    ['carousel station tls://hall:4222 --credentials FILE --job abc TARGET...', 'tls://hall:4222', 'abc'],
    ['nats://a TARGET...', 'nats://a', null],
    ['', '', null],
  ])('is read out of "%s"', (pasted, url, job) => {
    expect(readInvitation(pasted)).toEqual({ url, job });
  });

  it('is read out of the very command that is shown', () => {
    for (const ca of [false, true]) {
      const shown = { url: 'tls://hall.example:4222', job: 'k3v8pq2m', needs: { credentials: ca, ca } };
      expect(readInvitation(stationCommand(shown))).toEqual({ url: shown.url, job: shown.job });
    }
    expect(stationCommand({ url: 'nats://a', job: 'b', needs })).toBe(
      'carousel station nats://a --job b TARGET...',
    );
  });

  it('may leave out the scheme, and nothing else', () => {
    expect(serverUrl(' 10.0.0.5:4222/ ')).toBe('nats://10.0.0.5:4222');
    expect(serverUrl('tls://a')).toBe('tls://a');
    expect(serverUrl('')).toBe('');
    expect(['10.0.0.5', 'tls://a:4222', '[::1]:4222'].map(isServer)).toEqual([true, true, true]);
    expect(['', 'http://a', 'nats://me:secret@a', 'a b'].map(isServer)).toEqual([false, false, false, false]);
    expect(['abc', ' abc '].map(isJobName)).toEqual([true, true]);
    expect(['', 'ABC', 'a.b', 'a'.repeat(33)].map(isJobName)).toEqual([false, false, false, false]);
  });

  it('that nobody else can use is known', () => {
    expect(['nats://127.0.0.1:4222', 'nats://localhost', 'tls://[::1]:4222'].every(isLoopback)).toBe(true);
    expect(['nats://10.0.0.5', 'nats://localhost.example'].some(isLoopback)).toBe(false);
  });
});
