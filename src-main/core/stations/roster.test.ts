import fc from 'fast-check';
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

  it('owes what it would if it looked at every station for every block, whatever happens in whatever order', () => {
    const blocks = 6;
    const ids = ['b', 'c', 'd'];
    const id = fc.constantFrom(...ids);
    const block = fc.nat(blocks - 1);
    const ranges = fc
      .uniqueArray(block, { maxLength: blocks })
      .map((list) => list.sort((a, b) => a - b).map((one): [number, number] => [one, 1]));
    const step = fc.oneof(
      fc.record({ do: fc.constant('join' as const), id }),
      fc.record({ do: fc.constant('beat' as const), id, lacks: ranges, upTo: fc.nat(9) }),
      fc.record({ do: fc.constant('bye' as const), id }),
      fc.record({ do: fc.constant('drop' as const) }),
      fc.record({ do: fc.constant('take' as const), block }),
      fc.record({ do: fc.constant('sent' as const), block }),
      fc.record({ do: fc.constant('notSent' as const), block }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const roster = new Roster(blocks);
        /** By station; the rule in its plainest form. */
        const owed = new Map<string, Set<number>>();
        const flying = new Set<number>();
        const sentAt = new Map<number, number>();
        const isOwed = (one: number): boolean => [...owed.values()].some((set) => set.has(one));
        let sequence = 0;
        for (const one of steps) {
          if (one.do === 'join') {
            roster.join(one.id, one.id, 0);
            owed.set(one.id, new Set());
          } else if (one.do === 'beat') {
            roster.beat(one.id, beat(one.upTo, one.lacks), 1);
            const lacked = one.lacks.map(([first]) => first);
            const missed = lacked.filter((n) => !flying.has(n) && (sentAt.get(n) ?? 0) <= one.upTo);
            if (owed.has(one.id)) owed.set(one.id, new Set(missed));
          } else if (one.do === 'bye') {
            roster.bye(one.id, { targets: [], more: none });
            owed.delete(one.id);
          } else if (one.do === 'drop') {
            roster.dropAll();
            owed.clear();
          } else if (one.do === 'take') {
            expect(roster.take(one.block)).toBe(isOwed(one.block));
            if (isOwed(one.block)) flying.add(one.block);
          } else if (one.do === 'sent') {
            roster.sent(one.block, (sequence += 1));
            flying.delete(one.block);
            sentAt.set(one.block, sequence);
            for (const set of owed.values()) set.delete(one.block);
          } else {
            roster.notSent(one.block);
            flying.delete(one.block);
          }
          for (let n = 0; n < blocks; n += 1) expect([n, roster.isOwed(n)]).toEqual([n, isOwed(n)]);
        }
      }),
    );
  });

  it('does work for what is lacked, not for every station at every block', () => {
    const blocks = 65_536;
    const roster = new Roster(blocks);
    const ids = Array.from({ length: 256 }, (_, n) => `s${String(n)}`);
    for (const id of ids) roster.join(id, 'S', 0);
    const began = performance.now();
    // A look at every station for every block takes half a minute for this.
    for (const id of ids) {
      roster.beat(id, beat(0, [[blocks - 1, 1]]), 1);
      roster.changes();
    }
    expect(performance.now() - began).toBeLessThan(3000);
    expect(roster.isOwed(blocks - 1)).toBe(true);
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
