/** What a person can do, whichever way it is asked for: button, key or drop. Words for the questions come from the page. */
import { computed } from 'vue';
import { appError, ContractError, errorOf } from '@contract/errors.ts';
import type { DriveId, JobId, TargetId } from '@contract/groups/common.ts';
import { isFinal, mayHeal, type Job, type SlowPolicy } from '@contract/groups/jobs.ts';
import { useText } from '../composables/use-text.ts';
import {
  mayJoin,
  mayJoinInBatch,
  placeOfTarget,
  sourceOf,
  takesRiders,
  type SourceLike,
} from '../model/cells.ts';
import { matchesFilter } from '../model/drive-filter.ts';
import { judgeDrop } from '../model/dropped.ts';
import { canRetry, worthAsking } from '../model/progress.ts';
import { placeOf } from '../words/target-words.ts';
import { useBench } from './bench.ts';
import { useConnection } from './connection.ts';
import { useDrives } from './drives.ts';
import { useJobs } from './jobs.ts';
import { useSettings } from './settings.ts';
import { useShell } from './shell.ts';
import { draft, useStaging, type SectionId } from './staging.ts';

export function useActions() {
  const text = useText();
  const connection = useConnection();
  const drives = useDrives();
  const jobs = useJobs();
  const settings = useSettings();
  const bench = useBench();
  const shell = useShell();
  const staging = useStaging();

  /** Why nothing can be changed, in words; null when it can. */
  const readOnly = computed(() =>
    connection.readOnly === null ? null : text.value.t(`link.${connection.readOnly}`),
  );
  const draftShown = computed(() => staging.draftWanted || staging.source !== null || jobs.all.length === 0);
  /** The section that the tray's buttons and the keys mean. */
  const section = computed<SectionId>(() => {
    if (shell.section !== draft && jobs.get(shell.section)) return shell.section;
    return draftShown.value ? draft : (jobs.order.at(-1) ?? draft);
  });
  const sectionJob = computed(() => (section.value === draft ? null : jobs.get(section.value)));
  const takesTargets = computed(() =>
    sectionJob.value ? takesRiders(sectionJob.value) : staging.source !== null,
  );
  const sectionSource = computed<SourceLike | null>(() =>
    sectionJob.value ? sourceOf(sectionJob.value) : staging.source,
  );
  /** The drives that are neither source, nor chosen, nor on a job. What is in an armed bay stands there, with what is to be done with it. */
  const waiting = computed(() =>
    drives.all.filter(
      ({ id, job, port }) =>
        job === null &&
        id !== staging.sourceId &&
        !staging.allStaged.has(id) &&
        (port === null || !bench.at(port).armed),
    ),
  );
  /** Of these, what the filter leaves: nothing is added that cannot be seen. */
  const free = computed(() => waiting.value.filter((drive) => matchesFilter(drive, staging.filter ?? '')));
  const freeForSection = computed(() =>
    free.value.filter((drive) => mayJoinInBatch(drive, sectionSource.value)),
  );
  const markedForSection = computed(() =>
    free.value
      .filter(({ id }) => staging.marked.has(id))
      .filter((drive) => mayJoin(drive, sectionSource.value)),
  );

  /** Runs a call; a refusal is shown in words. True if it went well. */
  async function run(call: () => Promise<unknown>): Promise<boolean> {
    if (readOnly.value !== null) return false;
    try {
      await call();
      shell.refusal = null;
      return true;
    } catch (error) {
      shell.refusal = errorOf(error);
      return false;
    }
  }

  const nameOf = (job: Job, target: TargetId): string =>
    placeOf(text.value, placeOfTarget(job, target, settings.current.bays));

  async function stopTarget(jobId: JobId, targetId: TargetId): Promise<void> {
    const job = jobs.get(jobId);
    const target = job?.targets[targetId];
    if (!job || !target || isFinal(target.state) || readOnly.value !== null) return;
    if (job.task !== 'copy') return void (await run(() => jobs.stopTarget(jobId, targetId)));
    const { t, f } = text.value;
    const place = nameOf(job, targetId);
    const sure =
      !worthAsking(target, job.source.size) ||
      (await shell.ask({
        title: t('stop.one', { place }),
        text: t('stop.oneText', { percent: f.percent(jobs.percentFor(job, target)) }),
        yes: t('stop.oneYes', { place }),
        no: t('stop.no'),
      }));
    if (sure) await run(() => jobs.stopTarget(jobId, targetId));
  }

  async function stopJob(jobId: JobId): Promise<void> {
    const job = jobs.get(jobId);
    if (!job || readOnly.value !== null) return;
    if (job.task !== 'copy') return void (await run(() => jobs.stopAll(jobId)));
    const open = Object.values(job.targets).filter(({ state }) => !isFinal(state)).length;
    const { t, tn } = text.value;
    const sure = await shell.ask({
      title: t('stop.all'),
      text: tn('stop.allText', open),
      yes: t('stop.allYes'),
      no: t('stop.no'),
    });
    if (sure) await run(() => jobs.stopAll(jobId));
  }

  /** Opens the approval for a second try of these, or of all that need one. */
  function retry(jobId: JobId, targets?: readonly TargetId[]): void {
    const job = jobs.get(jobId);
    if (!job || readOnly.value !== null) return;
    const wanted = (targets ?? job.targetOrder).filter((id) => {
      const target = job.targets[id];
      return target !== undefined && canRetry(target, job);
    });
    if (wanted.length > 0) shell.approval = { kind: 'retry', job: jobId, targets: wanted };
  }

  /** Reads targets back and compares them; all that can be, if none are named. */
  const verify = (jobId: JobId, targets?: readonly TargetId[]): Promise<boolean> =>
    run(() => jobs.verify(jobId, targets));

  /** Opens the approval for rewriting the bad blocks of these targets. */
  function heal(jobId: JobId, targets: readonly TargetId[]): void {
    const job = jobs.get(jobId);
    const wanted = targets.filter((id) => job?.targets[id] && mayHeal(job.targets[id]));
    if (!job || readOnly.value !== null || wanted.length === 0) return;
    const { tn } = text.value;
    shell.approval = {
      kind: 'task',
      words: {
        title: tn('verify.healTitle', wanted.length),
        text: tn('verify.healText', wanted.length, { source: job.source.card.title }),
        yes: tn('verify.healYes', wanted.length),
      },
      erases: false, // the drives hold this copy already
      count: wanted.length,
      sourceSize: job.source.size,
      check: () => jobs.checkHeal(jobId, wanted),
      begin: (approvals) => jobs.heal(jobId, approvals),
    };
  }

  /** Opens the approval for going on with what an interrupted copy has left on these targets. */
  function resume(jobId: JobId, targets: readonly TargetId[]): void {
    const job = jobs.get(jobId);
    if (!job || readOnly.value !== null || targets.length === 0) return;
    const { tn } = text.value;
    shell.approval = {
      kind: 'task',
      words: {
        title: tn('resume.title', targets.length),
        text: tn('resume.text', targets.length, { source: job.source.card.title }),
        yes: tn('resume.yes', targets.length),
      },
      erases: false,
      count: targets.length,
      sourceSize: job.source.size,
      check: () => jobs.checkRetry(jobId, [...targets]),
      begin: (approvals) => jobs.retry(jobId, approvals, true),
    };
  }

  function setSlow(job: JobId, policy: SlowPolicy, target?: TargetId): Promise<boolean> {
    return run(() => jobs.setSlow(job, policy, target));
  }

  /** Puts drives where the person works; nothing is written. */
  function add(ids: readonly DriveId[], to: SectionId = section.value): void {
    const job = to === draft ? null : jobs.get(to);
    if (readOnly.value !== null || (job ? !takesRiders(job) : staging.source === null)) return;
    const source = job ? sourceOf(job) : staging.source;
    const allowed = ids.filter((id) => {
      const drive = drives.get(id);
      return drive !== null && mayJoin(drive, source);
    });
    if (allowed.length > 0) staging.stage(to, allowed);
  }

  function useAsSource(id: DriveId): void {
    const drive = drives.get(id);
    if (readOnly.value !== null || !drive?.asSource.ok) return;
    staging.chooseSource(id);
    shell.section = draft;
    shell.panel = null;
  }

  /** Opens the sheet for what is chosen in a section. Never confirms it. */
  function approve(what: SectionId = section.value): void {
    if (readOnly.value !== null) return;
    const chosen = staging.stagedIn(what).map(({ id }) => id);
    if (chosen.length === 0) return;
    const job = what === draft ? null : jobs.get(what);
    const source = job ? job.source.card.drive : staging.sourceId;
    if (source === null) {
      shell.refusal = appError('no-such-drive');
      return;
    }
    shell.approval = job
      ? { kind: 'join', job: job.id, source, drives: chosen, fromTray: false }
      : { kind: 'start', source, drives: chosen };
  }

  /** One step from the tray onto a running job: at once for a blank drive, else by the sheet. */
  async function join(id: DriveId): Promise<void> {
    const [job, drive] = [sectionJob.value, drives.get(id)];
    const source = job?.source.card.drive;
    if (!job || !drive || !source || readOnly.value !== null) return;
    if (drive.asTarget.level > 0) {
      staging.stage(job.id, [id]);
      shell.approval = { kind: 'join', job: job.id, source, drives: [id], fromTray: true };
      return;
    }
    await run(async () => {
      const [check] = await jobs.check(source, [id], job.id);
      const [reason] = check?.reasons ?? [];
      if (!check || reason) throw new ContractError(reason ?? appError('no-such-drive'));
      if (check.level > 0) {
        staging.stage(job.id, [id]);
        shell.approval = { kind: 'join', job: job.id, source, drives: [id], fromTray: true };
        return;
      }
      await jobs.addTargets(job.id, [{ drive: id, token: check.token }]);
    });
  }

  async function openImage(): Promise<void> {
    if (readOnly.value !== null) return;
    if (connection.system?.canPickFile !== true) {
      shell.panel = 'source';
      return;
    }
    await run(async () => {
      const { path } = await drives.pickFile('open-image');
      if (path !== null) await addImage(path);
    });
  }

  async function addImage(path: string): Promise<void> {
    const { drive } = await drives.addImage(path);
    staging.chooseSource(drive);
    shell.section = draft;
    shell.panel = null;
  }

  /** Files that were dropped on the window: one image becomes the source. */
  async function takeFiles(files: readonly File[]): Promise<void> {
    const dropped = judgeDrop(files, window.carouselBridge);
    if (readOnly.value !== null || dropped === null) return;
    if (shell.panel === 'verify') {
      shell.droppedManifest = dropped;
      return;
    }
    if (dropped.kind === 'path') {
      await run(() => addImage(dropped.path));
      return;
    }
    shell.untaken = dropped;
    shell.panel = 'source';
  }

  async function saveImage(): Promise<void> {
    await run(async () => {
      const { path } = await drives.pickFile('save-image');
      if (path === null) return;
      const { drive } = await drives.addImageTarget(path, true);
      staging.stage(section.value, [drive]);
    });
  }

  function newJobFrom(job: JobId): void {
    staging.newDraft(jobs.get(job)?.source.card.drive ?? null);
    shell.section = draft;
  }

  return {
    readOnly,
    draftShown,
    section,
    sectionJob,
    sectionSource,
    takesTargets,
    waiting,
    free,
    freeForSection,
    markedForSection,
    run,
    nameOf,
    stopTarget,
    stopJob,
    retry,
    verify,
    heal,
    resume,
    setSlow,
    add,
    useAsSource,
    approve,
    join,
    openImage,
    takeFiles,
    addImage: (path: string) => run(() => addImage(path)),
    saveImage,
    newJobFrom,
    dismiss: (job: JobId) => run(() => jobs.dismiss(job)),
    addPractice: () => run(() => drives.addPractice()),
  };
}
