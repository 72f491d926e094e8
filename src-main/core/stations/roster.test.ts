import { describe, expect, it } from 'vitest';
import type { StationTarget } from '@contract/groups/stations.ts';
import { Roster } from './roster.ts';

const copying: StationTarget = { path: '/dev/sdb', state: 'copying', bytes: 1, error: null };

const none = { targets: 0, notGood: 0 };

const beat = (upTo: number, lacks: [number, number][], targets: StationTarget[] = []) => ({
  upTo,
  lacks,
  targets,
  more: none,
});

describe('the roster', () => {
  it('asks for what some station lacks, once, and takes back what nobody wants', () => {
    const roster = new Roster(8);
    roster.join('b', 'B', 0);
    roster.join('c', 'C', 0);
    roster.beat('b', beat(0, [[0, 3]]), 1);
    roster.beat('c', beat(0, [[2, 2]]), 1);
    expect(roster.changes()).toEqual({ need: [0, 1, 2, 3], drop: [] });
    expect(roster.changes()).toEqual({ need: [], drop: [] });
    roster.bye('b', { targets: [], more: none });
    expect(roster.changes()).toEqual({ need: [], drop: [0, 1] });
    expect([0, 2].map((block) => roster.take(block))).toEqual([false, true]);
  });

  it('takes a block that is on its way for no lack, and one that was missed for one', () => {
    const roster = new Roster(4);
    roster.join('b', 'B', 0);
    roster.beat('b', beat(0, [[0, 4]]), 1);
    roster.changes();
    expect(roster.take(1)).toBe(true);
    roster.beat('b', beat(0, [[0, 4]]), 2); // under way to the server
    expect(roster.isOwed(1)).toBe(false);
    roster.sent(1, 7);
    roster.beat('b', beat(6, [[0, 4]]), 3); // on the server, not dealt with yet
    expect(roster.isOwed(1)).toBe(false);
    roster.beat('b', beat(7, [[0, 4]]), 4); // dealt with, and still not there
    expect(roster.isOwed(1)).toBe(true);
    expect(roster.changes().need).toEqual([1]);
  });

  it('owes again what did not get to the server', () => {
    const roster = new Roster(2);
    roster.join('b', 'B', 0);
    roster.beat('b', beat(0, [[0, 2]]), 1);
    roster.changes();
    roster.take(0);
    roster.notSent(0);
    expect(roster.changes()).toEqual({ need: [0], drop: [] });
  });

  it('drops who is silent, names what is not complete there, and takes it back later', () => {
    const roster = new Roster(2);
    roster.join('b', 'B', 0);
    roster.join('c', 'C', 0);
    roster.beat('b', beat(0, [[0, 1]], [copying, { ...copying, path: '/dev/sdc', state: 'done' }]), 10);
    roster.beat('c', beat(0, [], []), 100);
    expect(roster.dropSilent(50)).toEqual(['b']);
    expect(roster.rides('b')).toBe(false);
    expect(roster.isOwed(0)).toBe(false);
    expect(roster.list[0]).toMatchObject({
      state: 'lost',
      targets: [
        { state: 'failed', error: 'station-lost' },
        { state: 'done', error: null },
      ],
    });
    roster.beat('b', beat(0, [[0, 1]]), 60); // not before it has joined again
    expect(roster.isOwed(0)).toBe(false);
    roster.join('b', 'B', 70);
    expect(roster.list[0]?.state).toBe('joined');
  });

  it('never calls a target good of which a station only says goodbye', () => {
    const roster = new Roster(2);
    roster.join('b', 'B', 0);
    roster.bye('b', { targets: [copying], more: none });
    expect(roster.list[0]?.targets).toEqual([{ ...copying, state: 'failed', error: 'station-lost' }]);
  });

  it('lets one rest that lacks nothing any more, but none that has not begun', () => {
    const roster = new Roster(2);
    roster.join('b', 'B', 0);
    roster.beat('b', beat(0, []), 1);
    expect(roster.rests('b')).toBe(false);
    roster.beat('b', beat(0, [[0, 1]]), 2);
    roster.beat('b', beat(3, []), 3);
    expect(roster.rests('b')).toBe(true);
  });

  it('knows a station by its secret, not by its id', () => {
    const roster = new Roster(2);
    expect(roster.claim('b', 'one')).toBe(true);
    expect(roster.claim('b', 'two')).toBe(false);
    roster.join('b', 'B', 0);
    roster.unclaim('b'); // it has joined: the id stays its own, also once it is lost
    roster.dropAll();
    expect([roster.isOther('b', 'one'), roster.isOther('b', 'two')]).toEqual([false, true]);
    expect([roster.claim('b', 'two'), roster.claim('b', 'one')]).toEqual([false, true]);
    expect(roster.isOther('c', 'any')).toBe(false);
    expect(JSON.stringify(roster.list)).not.toContain('one');
  });

  it('takes 256 stations at a time, and one more when one has gone or could not join', () => {
    const roster = new Roster(2);
    for (let i = 0; i < 256; i++) expect(roster.claim(`s${i}`, 'x')).toBe(true);
    for (let i = 0; i < 255; i++) roster.join(`s${i}`, 'S', 0);
    expect(roster.claim('late', 'x')).toBe(false);
    roster.unclaim('s255');
    expect(roster.claim('late', 'x')).toBe(true);
    expect(roster.claim('later', 'x')).toBe(false);
    roster.bye('s0', { targets: [], more: none });
    expect(roster.claim('later', 'x')).toBe(true);
  });
});
