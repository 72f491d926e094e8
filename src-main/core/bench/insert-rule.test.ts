import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { appError, errorCodes, type AppError } from '@contract/errors.ts';
import { decideInsert, type ArmFacts, type Decision, type InsertFacts } from './insert-rule.ts';

const GB = 1e9;
const arm: ArmFacts = {
  bays: new Set(['a/1', 'a/2']),
  least: 30 * GB,
  most: 64 * GB,
  nonBlank: 'refuse',
  quota: 10,
  good: 3,
  open: 2,
  sourceSame: true,
  jobHasRoom: true,
};
const stick: InsertFacts = {
  port: 'a/1',
  fresh: true,
  title: 'Kingston',
  size: 32 * GB,
  usedBytes: null,
  busy: false,
  level: 0,
  reasons: [],
  doneAt: null,
  finishedHere: false,
};

/** A decision in a word or two. */
function short(decision: Decision): string {
  if (decision.do === 'begin') return 'begin';
  if (decision.do === 'ignore') return `ignore ${decision.why}`;
  if (decision.do === 'disarm') return `disarm ${decision.reason.code}`;
  return `${decision.hand} ${decision.reason.code}`;
}

describe('a stick that is put in while the bench is armed', () => {
  it.each<[string, Partial<ArmFacts>, Partial<InsertFacts>, string]>([
    ['blank', {}, {}, 'begin'],
    ['in a bay that is not armed', {}, { port: 'a/9' }, 'ignore other-bay'],
    ['whose port is not known', {}, { port: null }, 'ignore other-bay'],
    ['that was there before', {}, { fresh: false }, 'ignore not-fresh'],
    ['dangerous, but there before', {}, { fresh: false, level: 2 }, 'ignore not-fresh'],
    ['on a job already', {}, { busy: true, reasons: [appError('in-job', { job: 'job-1' })] }, 'ignore busy'],
    ['while the source is another', { sourceSame: false }, {}, 'disarm source-changed'],
    ['with files', {}, { level: 1, usedBytes: 5 }, 'set-aside holds-data'],
    ['with files, where that was chosen', { nonBlank: 'erase-ordinary' }, { level: 1 }, 'begin'],
    ['of level 2', {}, { level: 2 }, 'disarm dangerous-drive'],
    [
      'of level 2, whatever was chosen',
      { nonBlank: 'erase-ordinary' },
      { level: 2 },
      'disarm dangerous-drive',
    ],
    ['of level 3', {}, { level: 3 }, 'disarm dangerous-drive'],
    ['that backs the system', {}, { level: 3, reasons: [appError('system-disk')] }, 'disarm dangerous-drive'],
    ['that is the source', {}, { level: 3, reasons: [appError('is-source')] }, 'disarm dangerous-drive'],
    ['that holds the image', {}, { level: 3, reasons: [appError('holds-source')] }, 'disarm dangerous-drive'],
    ['that is protected', {}, { level: 3, reasons: [appError('protected')] }, 'disarm dangerous-drive'],
    [
      'protected by the helper',
      {},
      { level: 3, reasons: [appError('protected-drive')] },
      'disarm dangerous-drive',
    ],
    [
      'too small and protected',
      {},
      { level: 3, reasons: [appError('too-small'), appError('protected')] },
      'disarm dangerous-drive',
    ],
    ['too small', {}, { level: 3, reasons: [appError('too-small')] }, 'set-aside refused'],
    ['write-protected', {}, { level: 3, reasons: [appError('read-only')] }, 'set-aside refused'],
    ['that the system has mounted', {}, { level: 3, reasons: [appError('mounted')] }, 'set-aside refused'],
    ['that gives no answer', {}, { level: 3, reasons: [appError('hung')] }, 're-seat refused'],
    ['without a card', {}, { level: 3, reasons: [appError('no-medium')] }, 're-seat refused'],
    ['below the window', {}, { size: 30 * GB - 1 }, 'set-aside out-of-window'],
    ['at its lower end', {}, { size: 30 * GB }, 'begin'],
    ['at its upper end', {}, { size: 64 * GB }, 'begin'],
    ['above it', {}, { size: 64 * GB + 1 }, 'set-aside out-of-window'],
    ['of no size that makes sense', {}, { size: Number.NaN }, 'set-aside out-of-window'],
    ['that the job has finished', {}, { level: 1, doneAt: 5, finishedHere: true }, 'pull already-done'],
    ['that the job has finished, blank', {}, { doneAt: 5, finishedHere: true }, 'pull already-done'],
    ['that is done by the ledger', {}, { level: 1, doneAt: 5 }, 'set-aside already-done'],
    ['that is done by the ledger, yet blank', {}, { doneAt: 5 }, 'begin'],
    [
      'that is done by the ledger, though it may be erased',
      { nonBlank: 'erase-ordinary' },
      { level: 1, doneAt: 5 },
      'set-aside already-done',
    ],
    ['that is done, yet of level 2', {}, { level: 2, doneAt: 5 }, 'disarm dangerous-drive'],
    ['when those that ride make up the quota', { open: 7 }, {}, 'wait quota-taken'],
    ['when one is left of the quota', { open: 6 }, {}, 'begin'],
    ['when the job is full', { jobHasRoom: false }, {}, 'wait job-full'],
    ['of a level that there is not', {}, { level: -1 }, 'disarm dangerous-drive'],
    ['of half a level', {}, { level: 0.5 }, 'disarm dangerous-drive'],
  ])('%s', (_what, armed, facts, wanted) => {
    expect(short(decideInsert({ ...arm, ...armed }, { ...stick, ...facts }))).toBe(wanted);
  });
});

const armFacts = fc.record<ArmFacts>({
  bays: fc.subarray(['a/1', 'a/2', 'a/3']).map((ports) => new Set(ports)),
  least: fc.nat(100),
  most: fc.nat(100),
  nonBlank: fc.constantFrom('refuse', 'erase-ordinary'),
  quota: fc.integer({ min: 1, max: 5 }),
  good: fc.nat(6),
  open: fc.nat(6),
  sourceSame: fc.boolean(),
  jobHasRoom: fc.boolean(),
});
const stickFacts = fc.record<InsertFacts>({
  port: fc.constantFrom('a/1', 'a/2', 'a/3', 'b/1', null),
  fresh: fc.boolean(),
  title: fc.constant('stick'),
  size: fc.nat(100),
  usedBytes: fc.constantFrom(null, 0, 7),
  busy: fc.boolean(),
  level: fc.integer({ min: 0, max: 3 }),
  reasons: fc
    .array(fc.constantFrom(...errorCodes), { maxLength: 2 })
    .map((codes) => codes.map((code) => ({ code, params: {} }) as AppError)),
  doneAt: fc.constantFrom(null, 1),
  finishedHere: fc.boolean(),
});

describe('properties', () => {
  it('nothing is begun that one of the conditions speaks against', () => {
    fc.assert(
      fc.property(armFacts, stickFacts, (armed, facts) => {
        if (decideInsert(armed, facts).do !== 'begin') return;
        expect(facts.fresh).toBe(true);
        expect(armed.bays.has(facts.port ?? '')).toBe(true);
        expect(armed.sourceSame).toBe(true);
        expect(facts.busy).toBe(false);
        expect(facts.reasons).toEqual([]);
        expect(facts.level).toBeLessThanOrEqual(armed.nonBlank === 'refuse' ? 0 : 1);
        expect(facts.size).toBeGreaterThanOrEqual(armed.least);
        expect(facts.size).toBeLessThanOrEqual(armed.most);
        expect(armed.good + armed.open).toBeLessThan(armed.quota);
        if (facts.level !== 0 || facts.finishedHere) expect(facts.doneAt).toBeNull();
      }),
      { numRuns: 20_000 },
    );
  });

  it('a fresh drive of level 2 on an armed bay always ends it, unless the reason is harmless', () => {
    fc.assert(
      fc.property(armFacts, stickFacts, (armed, facts) => {
        const there = { ...facts, fresh: true, busy: false, reasons: [], level: 2 };
        if (!armed.bays.has(there.port ?? '')) return;
        expect(decideInsert(armed, there).do).toBe('disarm');
      }),
    );
  });

  it('says "pull" of nothing but a stick that is known to be done', () => {
    fc.assert(
      fc.property(armFacts, stickFacts, (armed, facts) => {
        const decision = decideInsert(armed, facts);
        if (decision.do === 'refuse' && decision.hand === 'pull') expect(facts.doneAt).not.toBeNull();
      }),
    );
  });

  it('says "pull" of no stick by the ledger alone, and "already done" of none that is blank', () => {
    fc.assert(
      fc.property(armFacts, stickFacts, (armed, facts) => {
        const decision = decideInsert(armed, { ...facts, finishedHere: false });
        if (decision.do !== 'refuse') return;
        expect(decision.hand).not.toBe('pull');
        if (facts.level === 0) expect(decision.reason.code).not.toBe('already-done');
      }),
    );
  });

  it('what was there before is never touched and never ends it', () => {
    fc.assert(
      fc.property(armFacts, stickFacts, (armed, facts) => {
        expect(decideInsert(armed, { ...facts, fresh: false }).do).toBe('ignore');
      }),
    );
  });
});
