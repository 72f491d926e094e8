/** Tells of a job's end while nobody looks at the window. */
import type { Job } from '@contract/groups/jobs.ts';
import type { HandOut } from '@contract/groups/stations.ts';
import type { Settings } from '@contract/groups/settings.ts';
import { jobResult } from './job-view.ts';
import type { ElectronParts } from './parts.ts';
import type { Texts } from './texts.ts';

export interface Notice {
  title: string;
  body: string;
}

/** What is said of a job: what went wrong comes first, and "good" only what is good. */
export function noticeOf(job: Job, texts: Texts, handOut?: HandOut): Notice {
  const { all, verified, unverified, failed, stopped, sourceFailed } = jobResult(job, handOut);
  const lines = [
    sourceFailed && texts.sourceFailed,
    failed > 0 && texts.failedTargets(failed, all),
    stopped > 0 && texts.stoppedTargets(stopped, all),
    job.stationsElsewhere && texts.stationsElsewhere,
    unverified > 0 && texts.unverifiedTargets(unverified, all),
    verified > 0 && texts.verifiedTargets(verified, all),
    all === 0 && texts.noTargets,
  ].filter((line) => line !== false);
  const [title = texts.noTargets, ...rest] = lines;
  return { title, body: [...rest, texts.fromSource(job.source.card.title)].join('\n') };
}

/** Shows a job's end; a click on it calls `show`. */
export function notify(
  { Notification }: Pick<ElectronParts, 'Notification'>,
  notice: Notice,
  settings: Pick<Settings, 'notifications' | 'sounds'>,
  show: () => void,
): void {
  if (!settings.notifications || !Notification.isSupported()) return;
  const shown = new Notification({ ...notice, silent: !settings.sounds });
  shown.on('click', show);
  shown.show();
}
