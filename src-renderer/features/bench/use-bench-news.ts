/** Says what the bench does by itself, and shows what it is armed for. */
import { watch } from 'vue';
import type { Announcer } from '../../composables/announcer.ts';
import { useText } from '../../composables/use-text.ts';
import { useBench } from '../../stores/bench.ts';
import { useStaging } from '../../stores/staging.ts';
import { bayAt } from '@contract/groups/settings.ts';
import { disarmWords, noticeSentence } from '../../words/bench-words.ts';

export function useBenchNews(announcer: Announcer): void {
  const text = useText();
  const bench = useBench();
  const staging = useStaging();

  watch(
    () => bench.state,
    (now, before) => {
      const { t, f } = text.value;
      if (now.armed && !before.armed) announcer.now(t('bench.sayArmed'));
      if (!now.armed && before.armed && now.disarmed) {
        const { reason, good, quota } = now.disarmed;
        const why = disarmWords(text.value, reason, bench.bays);
        announcer.now(t('bench.disarmed', { why, good: f.number(good), quota: f.number(quota) }));
      }
      const fresh = (now.armed?.notices ?? []).filter(
        (notice) =>
          notice.reason.code !== 'looking' &&
          !(before.armed?.notices ?? []).some(({ port, at }) => port === notice.port && at === notice.at),
      );
      if (fresh.length === 0) return;
      const words = fresh.map((notice) =>
        noticeSentence(text.value, notice, t('place.bay', { name: bayAt(bench.bays, notice.port) ?? '' })),
      );
      announcer.now(words.join('. '));
    },
  );

  // While it waits for its first stick the bays stand in the section of a new job; then they are the job's.
  watch(
    () => bench.armed?.job,
    (job, before) => {
      const source = bench.armed?.source.drive ?? null;
      if (job === null && source !== null && staging.source === null) staging.chooseSource(source);
      if (job && !before && staging.sourceId === source && staging.stagedIn('draft').length === 0)
        staging.closeDraft();
    },
    { immediate: true },
  );
}
