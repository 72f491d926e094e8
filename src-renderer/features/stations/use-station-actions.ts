/** What a person can do about other computers, whichever way it is asked for. Words for the questions come from the page. */
import type { JobId } from '@contract/groups/common.ts';
import type { CallName } from '@contract/schema.ts';
import { useText } from '../../composables/use-text.ts';
import { useConnection } from '../../stores/connection.ts';
import { useShell } from '../../stores/shell.ts';
import type { SectionId } from '../../stores/staging.ts';
import { useStations } from '../../stores/stations.ts';
import { useActions } from '../../stores/use-actions.ts';

export function useStationActions() {
  const text = useText();
  const connection = useConnection();
  const shell = useShell();
  const stations = useStations();
  const actions = useActions();

  /** Why this cannot be asked for from here, in words; null when it can. */
  function mayNot(call: CallName): string | null {
    if (actions.readOnly.value !== null) return actions.readOnly.value;
    return connection.may(call) ? null : text.value.t('link.notHere');
  }

  function openHandOut(section: SectionId): void {
    if (mayNot('stations.handOut') !== null) return;
    stations.section = section;
    shell.panel = 'handOut';
  }

  function openJoin(): void {
    if (mayNot('stations.connect') === null) shell.panel = 'join';
  }

  async function stop(job: JobId): Promise<void> {
    if (mayNot('stations.stop') !== null) return;
    const { t, tn } = text.value;
    const open = stations.handOutOf(job)?.counts.open ?? 0;
    const sure =
      open === 0 ||
      (await shell.ask({
        title: t('stations.stopQuestion'),
        text: tn('stations.stopText', open),
        yes: t('stations.stop'),
        no: t('stations.stopNo'),
      }));
    if (sure) await actions.run(() => stations.stop(job));
  }

  return { mayNot, openHandOut, openJoin, stop };
}
