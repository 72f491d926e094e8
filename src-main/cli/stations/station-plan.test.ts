import { describe, expect, it } from 'vitest';
import type { StationEvent } from '@contract/groups/stations.ts';
import { planCopy } from '../copy/copy-options.ts';
import { CliError } from '../exit-codes.ts';
import { planStation } from './station-plan.ts';
import { problemWords, StationLines } from './words.ts';

const station = (url: string, flags: object = {}) =>
  planStation(url, ['b.img'], { job: 'abc', ...flags }, '/home/me');
const copy = (flags: object) => planCopy('a.img', ['b.img'], flags, '/home/me');

describe('station', () => {
  it('asks for a ride on the job of another machine', () => {
    const { request } = station('tls://hall.example:4222', {
      name: 'bench 3',
      credentials: 'me.creds',
      patience: 9,
    });
    expect(request).toMatchObject({
      targets: ['/home/me/b.img'],
      join: {
        server: { url: 'tls://hall.example:4222', credentials: '/home/me/me.creds' },
        job: 'abc',
        name: 'bench 3',
        patience: 9,
      },
    });
  });

  it.each(['http://a', 'nats://me:secret@a', 'nats://', 'a', 'nats://a/b'])('refuses the URL %s', (url) => {
    expect(() => station(url)).toThrow(CliError);
  });

  it.each(['', 'ABC', 'a.b', 'a'.repeat(33), '>'])('refuses the job name "%s"', (job) => {
    expect(() => station('nats://a', { job })).toThrow(CliError);
  });
});

describe('copy --publish', () => {
  it('finds a name for the job where none is given, another one each time', () => {
    const names = [0, 1].map(() => copy({ publish: 'nats://a' }).request.publish?.job);
    expect(names[0]).toMatch(/^[a-z0-9]{8}$/);
    expect(names[0]).not.toBe(names[1]);
  });

  it('refuses what only goes with it', () => {
    for (const flags of [{ job: 'abc' }, { streamSize: 1 }, { stationTimeout: 5 }, { credentials: 'x' }])
      expect(() => copy(flags)).toThrow(CliError);
    expect(copy({}).request.publish).toBeUndefined();
  });
});

describe('what is said of stations', () => {
  const at = (state: 'joined' | 'lost' | 'done'): StationEvent => ({
    event: 'stations',
    job: 'abc',
    stations: [
      {
        id: 'abcdefgh',
        name: 'B\u202e',
        state,
        blocksSent: 0,
        targets: [],
        more: { targets: 0, notGood: 0 },
      },
    ],
  });

  it('is said on change only, and without hostile characters', () => {
    const lines = new StationLines();
    const said = (['joined', 'joined', 'lost', 'joined', 'done'] as const).flatMap((state) =>
      lines.after(at(state)),
    );
    expect(said).toEqual([
      'Station B\ufffd has joined',
      'Station B\ufffd is lost and was dropped',
      'Station B\ufffd is back',
      'Station B\ufffd is done',
    ]);
  });

  it('has words for each problem, and for one it does not know its code', () => {
    expect(problemWords('nats-denied', 'x')).toMatch(/does not let us in.*\(x\)/);
    expect(problemWords('constructor', '')).toBe('constructor');
  });
});
