/** What the header's menu offers: each entry opens a panel of the shell, which MainScreen shows. */
import type { TextKey } from '../i18n/text.ts';
import type { Panel } from '../stores/shell.ts';
import type { IconName } from '../ui/icon-paths.ts';

export interface MoreEntry {
  panel: Panel;
  icon: IconName;
  label: TextKey;
}

/** Groups of entries, parted by a line. */
export const moreEntries: readonly (readonly MoreEntry[])[] = [
  [
    { panel: 'verify', icon: 'check', label: 'verify.tool' },
    { panel: 'probe', icon: 'gauge', label: 'probe.tool' },
  ],
  [{ panel: 'join', icon: 'machines', label: 'stations.join' }],
  [
    { panel: 'bays', icon: 'bays', label: 'bench.teachTool' },
    { panel: 'arm', icon: 'bolt', label: 'bench.armTool' },
  ],
  [{ panel: 'history', icon: 'clock', label: 'history.title' }],
  [{ panel: 'about', icon: 'info', label: 'app.about' }],
];
