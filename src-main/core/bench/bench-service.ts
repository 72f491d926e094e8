/**
 * The armed bench. Watches the drives while it is armed, decides about each that is put in (`insert-rule`), and begins what is
 * allowed through the same calls, approvals and tokens as a person does. All of it is in memory: a core that starts is not armed.
 */
import { ContractError, errorOf, fail, type AppError, type ErrorCode } from '@contract/errors.ts';
import type { ArmRequest, Armed, BenchState, DisarmReason, InsertNotice } from '@contract/groups/bench.ts';
import type { DriveId, JobId, TargetId } from '@contract/groups/common.ts';
import type { Drive } from '@contract/groups/drives.ts';
import type { LedgerAnswer } from '@contract/groups/history.ts';
import { isFinal, isGood, type Job, type Target } from '@contract/groups/jobs.ts';
import type { Bay } from '@contract/groups/settings.ts';
import { cleanText } from '../devices/clean-text.ts';
import type { JobService } from '../jobs/job-service.ts';
import { cardOf } from '../jobs/drive-card.ts';
import type { Logger } from '../logging/logger.ts';
import type { Clock } from '../ports.ts';
import { doneAt } from './already-done.ts';
import { createFreshInserts, type FreshInserts } from './fresh-inserts.ts';
import { decideInsert, type Decision } from './insert-rule.ts';
import { printOf } from './source-print.ts';

/** An operator who put nothing in for so long has left. */
export const idleMinutes = 30;
/** What a drive shows changes while the system reads it: so often is it looked at and judged anew. */
const maxTries = 6;
const againMs = 400;
/** Targets of one job: more would not fit into the state that every window is sent. */
const maxTargetsOfJob = 256;
const maxOperator = 48;

export interface BenchOptions {
  clock: Clock;
  logger: Logger;
  drives: () => readonly Drive[];
  bays: () => readonly Bay[];
  jobs: Pick<JobService, 'obtainRights' | 'check' | 'start' | 'addTargets' | 'retry'>;
  jobsNow: () => readonly Job[];
  ledger: (serial: string) => Promise<LedgerAnswer | null>;
  /** Looks at the drives now. */
  scan: () => Promise<void>;
  onChange: (state: Pick<BenchState, 'armed' | 'disarmed'>) => void;
}

export interface BenchService {
  /** Throws a `ContractError` when it cannot be armed like this. */
  arm(request: ArmRequest): Promise<void>;
  disarm(reason: DisarmReason): void;
  /** Puts away why it disarmed. */
  dismiss(): void;
  /** The drives have changed. */
  onDrives(): void;
  /** The jobs have changed. */
  onJobs(): void;
  /** Who has the bay at this port armed. */
  operatorAt(port: string | null): string | null;
  stop(): void;
}

/** One plugging-in. */
interface Insert {
  id: DriveId;
  diskseq: number | null;
  port: string;
}

interface Session {
  armed: Armed;
  sourceId: DriveId;
  print: string;
  sourceSince: number;
  fresh: FreshInserts;
  /** Targets that it began on `armed.job`, by what was put in. */
  riders: Map<TargetId, Insert>;
  /** Good copies on jobs before that one. */
  goodBefore: number;
  /** Put in and not begun for a reason that may pass. */
  held: Map<string, Insert>;
  cancelIdle: () => void;
}

/** Errors of one drive; all others say that copies cannot be begun at all. */
const ofOneDrive: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'no-such-drive',
  'hung',
  'in-job',
  'in-probe',
  'not-found',
  'device-gone',
  'no-medium',
  'unsteady-drive',
  'mounted',
  'read-only',
]);
/** What was agreed to is not what is there: it is judged anew. */
const toJudgeAnew: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['approval-void', 'changed-device']);
/** The job is between two states: tried again when it has changed. */
const untilJobChanges: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'job-ending',
  'job-running',
  'job-ended',
]);

const keyOf = ({ id, diskseq }: Pick<Insert, 'id' | 'diskseq'>): string => `${id} ${String(diskseq)}`;
/** On the same plugging-in; false where the system does not number them. */
const isSamePlug = ({ card }: Target, { id, diskseq }: Insert): boolean =>
  card.drive === id && diskseq !== null && card.identity.diskseq === diskseq;
const isWhole = ({ state, unreadable }: Target): boolean =>
  isGood(state) && state !== 'sampled' && unreadable === 0;

/** A bench that is not armed. */
export function createBenchService(options: BenchOptions): BenchService {
  const { clock, jobs, logger } = options;
  let session: Session | null = null;
  let disarmed: BenchState['disarmed'] = null;
  let queue: Promise<void> = Promise.resolve();
  /** `void`: it was disarmed before it was armed. */
  let arming: 'no' | 'yes' | 'void' = 'no';

  const driveOf = (id: DriveId): Drive | undefined => options.drives().find((drive) => drive.id === id);
  const jobOf = (id: JobId | null): Job | undefined => options.jobsNow().find((job) => job.id === id);
  const targetsOf = (own: Session): Target[] => Object.values(jobOf(own.armed.job)?.targets ?? {});
  const publish = (): void => options.onChange({ armed: session?.armed ?? null, disarmed });

  function change(own: Session, what: Partial<Armed>): void {
    own.armed = { ...own.armed, ...what };
    if (own === session) publish();
  }

  function disarm(reason: DisarmReason): void {
    voidArming();
    if (!session) return;
    const { operator, good, quota } = session.armed;
    session.cancelIdle();
    session = null;
    disarmed = { reason, at: clock.now(), operator, good, quota };
    logger.info('bench', `disarmed: ${JSON.stringify(reason)}`);
    publish();
  }

  function voidArming(): void {
    if (arming === 'yes') arming = 'void';
  }

  function waitForInsert(own: Session): void {
    own.cancelIdle();
    const ms = idleMinutes * 60_000;
    own.cancelIdle = clock.after(ms, () => {
      if (own === session) disarm({ code: 'idle', minutes: idleMinutes });
    });
    change(own, { idleAt: clock.now() + ms });
  }

  function note(
    own: Session,
    insert: Insert,
    notice: Omit<InsertNotice, 'port' | 'drive' | 'at'> | null,
  ): void {
    const old = own.armed.notices.find(({ port }) => port === insert.port);
    const others = own.armed.notices.filter((other) => other !== old);
    // Looked at again and found the same: that is no news.
    const same = old?.drive === insert.id && JSON.stringify(old.reason) === JSON.stringify(notice?.reason);
    if (same || (!old && !notice)) return;
    const mine = notice ? [{ ...notice, port: insert.port, drive: insert.id, at: clock.now() }] : [];
    change(own, { notices: [...others, ...mine] });
  }

  /** The drive that was put in, if it is still there. */
  function stillThere({ id, diskseq }: Insert): Drive | null {
    const drive = driveOf(id);
    return drive?.identity.diskseq === diskseq ? drive : null;
  }

  async function judge(
    own: Session,
    insert: Insert,
  ): Promise<{ decision: Decision; token: string; drive: Drive; answer: LedgerAnswer | null } | null> {
    // What may not be opened cannot be looked at; a person is asked at the first such stick, and not again.
    await jobs.obtainRights(own.sourceId, [insert.id]);
    const [print, [check], answer] = await Promise.all([
      printOf(driveOf(own.sourceId)),
      jobs.check({
        source: own.sourceId,
        targets: [insert.id],
        ...(jobOf(own.armed.job) ? { job: own.armed.job ?? undefined } : {}),
      }),
      lookUp(stillThere(insert)),
    ]);
    const drive = stillThere(insert);
    if (own !== session || !drive || !check) return null;
    const { bays, least, most, nonBlank, quota, good, open, source, size } = own.armed;
    const run = { source, size, sourceSince: own.sourceSince, now: clock.now() };
    const decision = decideInsert(
      {
        ...{ bays: new Set(bays), least, most, nonBlank, quota, good, open },
        sourceSame: print?.text === own.print,
        jobHasRoom: hasRoom(own),
      },
      {
        port: drive.port,
        fresh: true,
        title: drive.title,
        size: drive.size,
        usedBytes: check.usedBytes,
        busy: drive.job !== null,
        level: check.level,
        reasons: check.reasons,
        doneAt: doneAt(answer, drive.size, run),
        finishedHere: targetsOf(own).some((target) => isWhole(target) && isSamePlug(target, insert)),
      },
    );
    return { decision, token: check.token, drive, answer };
  }

  async function lookUp(drive: Drive | null): Promise<LedgerAnswer | null> {
    const serial = drive?.identity.serial ?? null;
    return serial === null ? null : options.ledger(serial);
  }

  /** A job that is over makes room: a new one is begun. */
  function hasRoom(own: Session): boolean {
    const job = jobOf(own.armed.job);
    return !job || job.state === 'ended' || job.targetOrder.length < maxTargetsOfJob;
  }

  /**
   * The place of a stick that did not end well and is the one put in now. Another stick in the same port can have the same drive id:
   * it gets a place of its own. `retry` takes the first place of the drive that is not good, so no other one will do.
   */
  function placeOf(job: Job, insert: Insert, answer: LedgerAnswer | null): Target | null {
    const first = Object.values(job.targets).find(
      ({ card, state }) => card.drive === insert.id && isFinal(state),
    );
    if (!first || isGood(first.state)) return null;
    const isOneStick = answer?.unique === true && answer.serial === first.card.identity.serial;
    return isOneStick || isSamePlug(first, insert) ? first : null;
  }

  async function begin(
    own: Session,
    insert: Insert,
    token: string,
    answer: LedgerAnswer | null,
  ): Promise<void> {
    const approvals = [{ drive: insert.id, token }];
    const sure = (): void => {
      if (own !== session) fail('not-armed');
    };
    const known = jobOf(own.armed.job);
    const job = known && known.targetOrder.length < maxTargetsOfJob ? known : undefined;
    const place = job ? placeOf(job, insert, answer) : null;
    if (job && place) {
      await jobs.retry(job.id, approvals, false, sure);
      own.riders.set(place.id, insert);
    } else if (job) {
      const [id] = await jobs.addTargets(job.id, approvals, sure);
      if (id !== undefined) own.riders.set(id, insert);
    } else {
      const id = await jobs.start({ source: own.sourceId, targets: approvals }, sure);
      own.goodBefore = own.armed.good;
      own.riders.clear();
      change(own, { job: id });
      for (const { id: target, card, state } of Object.values(jobOf(id)?.targets ?? {}))
        if (card.drive === insert.id && !isFinal(state)) own.riders.set(target, insert);
    }
    count(own);
  }

  async function consider(own: Session, insert: Insert, tries = 1): Promise<void> {
    if (own !== session) return;
    own.held.delete(keyOf(insert));
    try {
      const judged = await judge(own, insert);
      if (judged === null) return;
      const { decision, token, drive, answer } = judged;
      logger.info('bench', `${drive.path} in ${insert.port}: ${JSON.stringify(decision)}`);
      if (decision.do === 'disarm') return disarm(decision.reason);
      if (decision.do === 'ignore') return note(own, insert, null);
      if (decision.do === 'refuse') {
        const { hand, reason } = decision;
        note(own, insert, { title: drive.title, hand, reason });
        if (hand === 'wait') own.held.set(keyOf(insert), insert);
        // Just put in: a card reader wakes up, the system reads its tables, another program looks at it.
        else if (reason.code === 'refused' && tries < maxTries) again(own, insert, tries + 1);
        return;
      }
      note(own, insert, null);
      await begin(own, insert, token, answer);
    } catch (error) {
      if (!(error instanceof ContractError)) logger.error('bench', String(error));
      if (own === session) failed(own, insert, errorOf(error), tries);
    }
  }

  function failed(own: Session, insert: Insert, error: AppError, tries: number): void {
    const drive = stillThere(insert);
    if (!drive) return;
    if (untilJobChanges.has(error.code)) again(own, insert, tries);
    else if (toJudgeAnew.has(error.code) && tries < maxTries) again(own, insert, tries + 1);
    else if (ofOneDrive.has(error.code) || toJudgeAnew.has(error.code))
      note(own, insert, { title: drive.title, hand: 're-seat', reason: { code: 'refused', error } });
    else disarm({ code: 'not-begun', error });
  }

  function enqueue(own: Session, insert: Insert, tries = 1): void {
    queue = queue.then(() => consider(own, insert, tries));
  }

  function again(own: Session, insert: Insert, tries: number): void {
    clock.after(againMs, () => {
      if (own === session) enqueue(own, insert, tries);
    });
  }

  /** Keeps count of what it began, and disarms when that is enough or not right. */
  function count(own: Session): void {
    if (own !== session) return;
    const job = jobOf(own.armed.job);
    if (!job && own.armed.job !== null) {
      // Taken off the list: what was good on it stays counted.
      own.goodBefore = own.armed.good;
      own.riders.clear();
      change(own, { job: null, open: 0 });
      return;
    }
    const mine = [...own.riders.keys()].flatMap((id) => job?.targets[id] ?? []);
    const good = own.goodBefore + mine.filter(isWhole).length;
    const open = mine.filter(({ state }) => !isFinal(state)).length;
    const changed = good !== own.armed.good || open !== own.armed.open;
    if (changed) change(own, { good, open });
    if (job && (job.source.error || job.outcome === 'source-failed'))
      return disarm({ code: 'source-changed' });
    if (job && job.source.unreadableBytes > 0) return disarm({ code: 'source-unreadable' });
    if (good >= own.armed.quota) return disarm({ code: 'quota' });
    if (job && job.state !== 'ended' && !changed) return;
    for (const insert of [...own.held.values()]) {
      own.held.delete(keyOf(insert));
      enqueue(own, insert);
    }
  }

  async function arm(request: ArmRequest): Promise<void> {
    const { least, most, quota, nonBlank } = request;
    const operator = cleanText(request.operator, maxOperator) ?? fail('bad-request', { at: 'operator' });
    await options.scan();
    const source = driveOf(request.source) ?? fail('no-such-drive');
    const [reason] = source.asSource.reasons;
    if (reason) throw new ContractError(reason);
    if (least > most || most < source.size) fail('bad-request', { at: 'most' });
    const taught = new Set(options.bays().map(({ port }) => port));
    const bays = [...new Set(request.bays)];
    if (!bays.every((port) => taught.has(port))) fail('no-such-bay');
    const print = (await printOf(source)) ?? fail('no-such-drive');
    const running = options
      .jobsNow()
      .find((job) => job.state !== 'ended' && job.task === 'copy' && job.source.card.drive === source.id);
    const now = clock.now();
    const own: Session = {
      armed: {
        source: cardOf(source),
        size: source.size,
        ...{ bays, least, most, nonBlank, quota, operator },
        since: now,
        idleAt: now,
        job: running?.id ?? null,
        good: 0,
        open: 0,
        notices: [],
      },
      sourceId: source.id,
      print: print.text,
      sourceSince: print.since ?? Math.min(now, running?.startedAt ?? now),
      fresh: createFreshInserts(options.drives()),
      riders: new Map(),
      goodBefore: 0,
      held: new Map(),
      cancelIdle: () => undefined,
    };
    if (arming === 'void') fail('not-armed');
    session = own;
    disarmed = null;
    logger.info('bench', `armed by ${operator}: ${String(bays.length)} bays, ${source.path}`);
    waitForInsert(own);
  }

  return {
    async arm(request) {
      if (session || arming !== 'no') fail('armed-already');
      arming = 'yes';
      try {
        await arm(request);
      } finally {
        arming = 'no';
      }
    },
    disarm,
    dismiss() {
      disarmed = null;
      publish();
    },
    onDrives() {
      const own = session;
      if (!own) return;
      const drives = options.drives();
      const source = driveOf(own.sourceId);
      const fresh = own.fresh.take(drives);
      if (
        source?.path !== own.armed.source.path ||
        source.identity.diskseq !== own.armed.source.identity.diskseq
      )
        return disarm({ code: 'source-changed' });
      const there = own.armed.notices.filter(({ drive }) => driveOf(drive));
      if (there.length < own.armed.notices.length) change(own, { notices: there });
      for (const { id, port, title, identity } of fresh) {
        if (port === null || !own.armed.bays.includes(port)) continue;
        waitForInsert(own);
        const insert = { id, port, diskseq: identity.diskseq };
        note(own, insert, { title, hand: 'wait', reason: { code: 'looking' } });
        enqueue(own, insert);
      }
    },
    onJobs() {
      if (session) count(session);
    },
    operatorAt: (port) =>
      port !== null && session?.armed.bays.includes(port) ? session.armed.operator : null,
    stop() {
      voidArming();
      session?.cancelIdle();
      session = null;
    },
  };
}
