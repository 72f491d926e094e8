/** The jobs, and what can be done with them. Records are replaced, never changed: a cell is drawn again only if its own was. */
import { defineStore } from 'pinia';
import { computed, shallowRef } from 'vue';
import type { DriveId, JobId, TargetId } from '@contract/groups/common.ts';
import type { ByteRange, Approval, Job, JobOptions, SlowPolicy, TargetCheck } from '@contract/groups/jobs.ts';
import type { AppState } from '@contract/snapshot.ts';
import { createPercentKeeper } from '../model/progress.ts';
import { createSpeedHistory } from '../model/speed-history.ts';
import { useConnection } from './connection.ts';

export const useJobs = defineStore('jobs', () => {
  const connection = useConnection();
  const byId = shallowRef<AppState['jobs']>({});
  const order = shallowRef<readonly JobId[]>([]);
  const history = createSpeedHistory();
  const percentFor = createPercentKeeper();

  connection.onState((state) => {
    byId.value = state.jobs;
    order.value = state.jobOrder;
    history.sample(Object.values(state.jobs), Date.now());
  });

  const all = computed<readonly Job[]>(() => order.value.flatMap((id) => byId.value[id] ?? []));
  const get = (id: JobId | null): Job | null => (id === null ? null : (byId.value[id] ?? null));

  async function check(source: DriveId, targets: DriveId[], job: JobId | null): Promise<TargetCheck[]> {
    const answer = await connection.call('jobs.checkTargets', { source, targets, ...(job ? { job } : {}) });
    return answer.targets;
  }

  async function checkRetry(job: JobId, targets: TargetId[]): Promise<TargetCheck[]> {
    return (await connection.call('jobs.checkRetry', { job, targets })).targets;
  }

  return {
    byId,
    order,
    all,
    get,
    check,
    checkRetry,
    /** Speeds of one target, as far as this page has seen them. */
    speedsOf: history.of,
    percentFor,
    start: (
      source: DriveId,
      targets: Approval[],
      options: Partial<JobOptions>,
      skipRanges: readonly ByteRange[],
    ) =>
      connection.call('jobs.start', {
        ...{ source, targets, options },
        ...(skipRanges.length > 0 ? { skipRanges: [...skipRanges] } : {}),
      }),
    addTargets: (job: JobId, targets: Approval[]) => connection.call('jobs.addTargets', { job, targets }),
    retry: (job: JobId, targets: Approval[], resume = false) =>
      connection.call('jobs.retryTargets', { job, targets, ...(resume ? { resume } : {}) }),
    verify: (job: JobId, targets?: readonly TargetId[]) =>
      connection.call('jobs.verify', { job, ...(targets ? { targets: [...targets] } : {}) }),
    checkHeal: async (job: JobId, targets: readonly TargetId[]) =>
      (await connection.call('jobs.checkHeal', { job, targets: [...targets] })).targets,
    heal: (job: JobId, targets: Approval[]) => connection.call('jobs.heal', { job, targets }),
    lookAtManifest: async (path: string) => (await connection.call('verify.look', { path })).manifest,
    findManifest: async (drive: DriveId) => (await connection.call('verify.find', { drive })).manifest,
    verifyDrives: (drives: DriveId[], manifest: string, sample: boolean) =>
      connection.call('verify.start', { drives, manifest, sample }),
    stopTarget: (job: JobId, target: TargetId) => connection.call('jobs.removeTarget', { job, target }),
    stopAll: (job: JobId) => connection.call('jobs.cancel', { job }),
    setSlow: (job: JobId, policy: SlowPolicy, target?: TargetId) =>
      connection.call('jobs.setSlowPolicy', { job, policy, ...(target ? { target } : {}) }),
    dismiss: (job: JobId) => connection.call('jobs.dismiss', { job }),
  };
});
