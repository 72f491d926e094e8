/** Carries keys to what they do, by the zone and the cell that have the focus. */
import { nextTick, onMounted, onUnmounted } from 'vue';
import type { DriveId } from '@contract/groups/common.ts';
import { commandOf, createDigitJump, type Command } from '../composables/keymap.ts';
import type { Announcer } from '../composables/announcer.ts';
import { useText } from '../composables/use-text.ts';
import { useBench } from '../stores/bench.ts';
import { useDrives } from '../stores/drives.ts';
import { useShell } from '../stores/shell.ts';
import { useStaging } from '../stores/staging.ts';
import { wantsVerifying } from '../model/progress.ts';
import { useActions } from '../stores/use-actions.ts';
import { useHandling } from '../stores/use-handling.ts';

const zones = '[data-zone]';

const isTyping = (element: Element | null): boolean =>
  element instanceof HTMLInputElement
    ? element.type !== 'checkbox'
    : element instanceof HTMLSelectElement || element instanceof HTMLTextAreaElement;

/** Enter and Space belong to a button that has the focus. */
const ownsEnter = (element: Element | null): boolean =>
  element instanceof HTMLButtonElement ||
  element instanceof HTMLInputElement ||
  element?.tagName === 'SUMMARY';

const modalIsOpen = (): boolean =>
  document.querySelector('[role="dialog"][data-state="open"], [role="alertdialog"], [role="menu"]') !== null;

/** The place inside a zone that the focus goes to. */
function entrance(zone: HTMLElement): HTMLElement | null {
  return (
    zone.querySelector<HTMLElement>('[role="gridcell"][tabindex="0"]') ??
    zone.querySelector<HTMLElement>('button:not(:disabled), select, input, [tabindex="0"]') ??
    (zone.hasAttribute('tabindex') ? zone : null)
  );
}

export function useKeyboard(announcer: Announcer): void {
  const text = useText();
  const bench = useBench();
  const drives = useDrives();
  const shell = useShell();
  const staging = useStaging();
  const actions = useActions();
  const handling = useHandling();
  const jump = createDigitJump();

  const focused = (): HTMLElement | null => {
    const active = document.activeElement;
    return active instanceof HTMLElement ? active.closest<HTMLElement>('[data-key]') : null;
  };
  const zoneOf = (element: Element | null): HTMLElement | null =>
    element?.closest<HTMLElement>(zones) ?? null;
  const focusedKey = (): string | null => focused()?.dataset['key'] ?? null;
  const focusedTargetId = (): string | null =>
    focused()?.querySelector<HTMLElement>('[data-target]')?.dataset['target'] ?? null;
  const zoneName = (): string | null => zoneOf(document.activeElement)?.dataset['zone'] ?? null;

  /** The drive under the focus, else the one that the tray would give the focus to. */
  function trayDrive(): DriveId | null {
    const held = zoneName() === 'tray' ? focused() : null;
    const cell =
      held ?? document.querySelector<HTMLElement>('[data-zone="tray"] [role="gridcell"][tabindex="0"]');
    return cell?.closest<HTMLElement>('[data-key]')?.dataset['key'] ?? null;
  }

  function focusedTarget() {
    const job = actions.sectionJob.value;
    const target = zoneName() === 'targets' ? job?.targets[focusedTargetId() ?? ''] : undefined;
    return job && target ? { job, target } : null;
  }

  function moveZone(step: 1 | -1): void {
    const all = [...document.querySelectorAll<HTMLElement>(zones)].filter((zone) => entrance(zone) !== null);
    const now = zoneOf(document.activeElement);
    const from = now ? all.indexOf(now) : step === 1 ? -1 : 0;
    const next = all.at((from + step + all.length) % Math.max(1, all.length));
    if (next) entrance(next)?.focus();
  }

  function add(): void {
    const marked = actions.markedForSection.value.map(({ id }) => id);
    const one = trayDrive();
    actions.add(marked.length > 0 ? marked : one === null ? [] : [one]);
  }

  function stop(): void {
    const found = focusedTarget();
    const key = focused()?.querySelector<HTMLElement>('[data-drive]')?.dataset['drive'] ?? null;
    if (found) void actions.stopTarget(found.job.id, found.target.id);
    else if (key !== null && staging.allStaged.has(key)) staging.unstage([key]);
  }

  function catchUp(): void {
    const job = actions.sectionJob.value;
    const target = focusedTarget()?.target.id ?? job?.pace.target;
    if (job && target) void actions.setSlow(job.id, 'catch-up', target);
  }

  function details(): void {
    const found = focusedTarget();
    if (found) shell.drawer = { job: found.job.id, target: found.target.id };
    else if (zoneName() === 'tray') add();
  }

  function mark(): void {
    const id = zoneName() === 'tray' ? focusedKey() : null;
    if (id !== null && drives.get(id)) staging.mark(id, !staging.marked.has(id));
  }

  function retry(): void {
    const found = focusedTarget();
    const job = found?.job ?? actions.sectionJob.value;
    if (job) actions.retry(job.id, found ? [found.target.id] : undefined);
  }

  function verify(): void {
    const found = focusedTarget();
    const job = found?.job ?? actions.sectionJob.value;
    if (!job) return;
    const one = found && wantsVerifying(found.target, job) ? [found.target.id] : undefined;
    if (one || job.targetOrder.some((id) => job.targets[id] && wantsVerifying(job.targets[id], job)))
      void actions.verify(job.id, one);
  }

  /** The drive of the cell or the row that has the focus, and what to call it. */
  function focusedDrive(): { id: DriveId; place?: string } | null {
    const found = focusedTarget();
    if (found) {
      const id = found.target.card.drive;
      return id === null ? null : { id, place: actions.nameOf(found.job, found.target.id) };
    }
    const key = focusedKey();
    return key !== null && drives.get(key) ? { id: key } : null;
  }

  function eject(): void {
    const found = focusedDrive();
    if (found) void handling.eject(found.id, found.place);
  }

  function identify(): void {
    const found = focusedDrive();
    if (found) void handling.identify(found.id);
  }

  const doing: Record<Command, () => void> = {
    nextZone: () => moveZone(1),
    previousZone: () => moveZone(-1),
    details,
    mark,
    markAll: () => staging.markOnly(actions.freeForSection.value.map(({ id }) => id)),
    add,
    source: () => {
      const id = trayDrive();
      if (id !== null) actions.useAsSource(id);
    },
    approve: () => actions.approve(),
    verify,
    retry,
    eject,
    identify,
    catchUp,
    stop,
    read: () =>
      announcer.answer(
        focused()?.querySelector('[data-sentence]')?.textContent ?? text.value.t('say.cellNone'),
      ),
    openImage: () => void actions.openImage(),
    filter: () => {
      staging.filter ??= '';
      void nextTick(() => document.querySelector<HTMLInputElement>('[data-filter]')?.select());
    },
    disarm: () => {
      if (bench.armed) void actions.run(bench.disarm);
    },
    history: () => {
      shell.panel = 'history';
    },
    settings: () => {
      shell.panel = 'settings';
    },
    help: () => {
      shell.panel = shell.panel === 'keys' ? null : 'keys';
    },
  };

  function jumpTo(port: number): void {
    const section = document.querySelector(`[data-section="${actions.section.value}"]`);
    const named = section?.querySelector(`[data-name="${String(port)}"]`);
    const cell = named ?? section?.querySelectorAll('[data-bay]')[port - 1];
    cell?.closest<HTMLElement>('[role="gridcell"]')?.focus();
  }

  function onKey(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.isComposing || modalIsOpen()) return;
    const active = document.activeElement;
    const typing = isTyping(active);
    if (event.key === 'Escape' && shell.drawer) {
      shell.drawer = null;
      return;
    }
    const port =
      typing || event.ctrlKey || event.metaKey || event.altKey ? null : jump(event.key, event.timeStamp);
    if (port !== null) {
      jumpTo(port);
      return;
    }
    const command = commandOf(event, typing);
    if (command === null) return;
    if ((command === 'details' || command === 'mark') && (ownsEnter(active) || focused() === null)) return;
    event.preventDefault();
    doing[command]();
  }

  onMounted(() => window.addEventListener('keydown', onKey));
  onUnmounted(() => window.removeEventListener('keydown', onKey));
}
