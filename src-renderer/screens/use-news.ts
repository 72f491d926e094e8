/** Tells the ear what the eye would see: ends, failures, drives that appear. */
import { watch } from 'vue';
import { hostTimers } from '@contract/timers.ts';
import { createAnnouncer, type Announcer } from '../composables/announcer.ts';
import { createSounds } from '../composables/sounds.ts';
import { useText } from '../composables/use-text.ts';
import { changesBetween, isQuiet, type Changes } from '../model/changes.ts';
import { countTargets } from '../model/progress.ts';
import { useDrives } from '../stores/drives.ts';
import { useJobs } from '../stores/jobs.ts';
import { useSettings } from '../stores/settings.ts';
import { useStations } from '../stores/stations.ts';
import { useActions } from '../stores/use-actions.ts';
import { whatHappened } from '../words/error-words.ts';

export function useNews(): Announcer {
  const text = useText();
  const drives = useDrives();
  const jobs = useJobs();
  const stations = useStations();
  const settings = useSettings();
  const actions = useActions();
  const announcer = createAnnouncer(hostTimers);
  const play = createSounds();
  let gathered: Changes[] = [];
  let appeared = 0;

  function politeWords(): string {
    const { t, tn, f } = text.value;
    const count = (part: 'done' | 'joined'): number =>
      gathered.reduce((sum, one) => sum + one[part].length, 0);
    const [done, joined] = [count('done'), count('joined')];
    const ended = gathered.flatMap((one) => one.ended).flatMap((id) => jobs.get(id) ?? []);
    const words = [
      done > 0 ? tn('say.done', done) : '',
      joined > 0 ? tn('say.joined', joined) : '',
      ...gathered.flatMap(({ aside }) =>
        aside.flatMap(({ job, target }) => {
          const of = jobs.get(job);
          return of ? t('say.aside', { place: actions.nameOf(of, target) }) : [];
        }),
      ),
      ...ended.map((job) => {
        const counts = countTargets(Object.values(job.targets));
        const there = stations.handOutOf(job.id)?.counts;
        const good = counts.good + (there?.good ?? 0);
        const n = counts.total + (there?.targets ?? 0);
        const ended = t('say.ended', { good: f.number(good), n: f.number(n) });
        return job.stationsElsewhere ? `${ended} ${t('stations.elsewhere')}` : ended;
      }),
      appeared > 0 ? tn('say.appeared', appeared) : '',
    ];
    gathered = [];
    appeared = 0;
    return words.filter((part) => part !== '').join(' ');
  }

  function sayFailures({ failed }: Changes): void {
    const { t } = text.value;
    const words = failed.flatMap(({ job: id, target: targetId }) => {
      const job = jobs.get(id);
      const target = job?.targets[targetId];
      if (!job || !target) return [];
      const place = actions.nameOf(job, targetId);
      const what = target.error
        ? whatHappened(text.value, target.error, place, job.source.size)
        : t('spoken.failed');
      return t('say.failed', { place, what });
    });
    if (words.length > 0) announcer.now(words.join(' '));
  }

  watch(
    () => jobs.byId,
    (now, before) => {
      const changes = changesBetween(before, now);
      if (isQuiet(changes)) return;
      gathered.push(changes);
      sayFailures(changes);
      announcer.later(politeWords);
      if (!settings.current.sounds) return;
      if (changes.failed.length > 0) play('bad');
      else if (changes.done.length > 0) play('good');
    },
  );
  watch(
    () => drives.byId,
    (now, before) => {
      const known = Object.keys(before).length > 0;
      appeared += known ? Object.keys(now).filter((id) => !before[id]).length : 0;
      if (appeared > 0) announcer.later(politeWords);
    },
  );

  return announcer;
}
