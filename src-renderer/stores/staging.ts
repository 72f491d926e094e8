/** What a person has put together and not yet begun. Nothing here is chosen by the program, and what has gone is forgotten. */
import { defineStore } from 'pinia';
import { computed, ref, shallowRef, watch } from 'vue';
import type { DriveId, JobId, TargetId } from '@contract/groups/common.ts';
import type { ByteRange, JobOptions } from '@contract/groups/jobs.ts';
import { stagedDrives } from '../model/cells.ts';
import { useDrives } from './drives.ts';
import { useSettings } from './settings.ts';

/** The section of a job that has not begun. */
export const draft = 'draft';
/** A job's section, or the draft's. */
export type SectionId = JobId;

/** A map of ddrescue: what of the source is left out, of so many places. */
export interface SourceMap {
  path: string;
  ranges: readonly ByteRange[];
  places: number;
  bytes: number;
}

export const useStaging = defineStore('staging', () => {
  const drives = useDrives();
  const settings = useSettings();
  const sourceId = ref<DriveId | null>(null);
  /** The person wants a section for a new job although others are there. */
  const draftWanted = ref(false);
  const ownOptions = shallowRef<Partial<JobOptions>>({});
  /** It was read for the source that is chosen, and goes with it. */
  const map = shallowRef<SourceMap | null>(null);
  const staged = shallowRef<Readonly<Record<SectionId, readonly DriveId[]>>>({});
  const marked = shallowRef<ReadonlySet<DriveId>>(new Set());
  /** What the drives that wait are filtered by; null when nobody filters. Those it hides are not added either. */
  const filter = ref<string | null>(null);
  /** Drives that are being dragged, while they are. */
  const dragged = shallowRef<readonly DriveId[]>([]);
  /** A file of the desktop is over the window. */
  const fileOver = ref(false);
  const draggedTarget = shallowRef<{ job: JobId; target: TargetId } | null>(null);

  const source = computed(() => drives.get(sourceId.value));
  const options = computed<JobOptions>(() => ({ ...settings.current.job, ...ownOptions.value }));
  const stagedIn = (section: SectionId) => stagedDrives(staged.value[section] ?? [], drives.byId);
  const allStaged = computed(() => new Set(Object.values(staged.value).flat()));

  function chooseSource(id: DriveId | null): void {
    if (id !== null) unstage([id]);
    sourceId.value = id;
    if (id !== null) draftWanted.value = true;
  }

  function stage(section: SectionId, ids: readonly DriveId[]): void {
    unstage(ids);
    staged.value = { ...staged.value, [section]: [...(staged.value[section] ?? []), ...ids] };
    marked.value = new Set([...marked.value].filter((id) => !ids.includes(id)));
  }

  function unstage(ids: readonly DriveId[]): void {
    staged.value = Object.fromEntries(
      Object.entries(staged.value).map(([section, list]) => [
        section,
        list.filter((id) => !ids.includes(id)),
      ]),
    );
  }

  function mark(id: DriveId, on: boolean): void {
    const next = new Set(marked.value);
    if (on) next.add(id);
    else next.delete(id);
    marked.value = next;
  }

  function markOnly(ids: readonly DriveId[]): void {
    marked.value = new Set(ids);
  }

  function setOptions(change: Partial<JobOptions>): void {
    ownOptions.value = { ...ownOptions.value, ...change };
  }

  /** Begins a new section. */
  function newDraft(from: DriveId | null): void {
    unstage(staged.value[draft] ?? []);
    ownOptions.value = {};
    map.value = null;
    sourceId.value = from;
    draftWanted.value = true;
  }

  function closeDraft(): void {
    newDraft(null);
    draftWanted.value = false;
  }

  // A drive that was pulled out, or went into a job, is not remembered: if it comes back, a person chooses it again.
  watch(
    () => drives.byId,
    (byId) => {
      const gone = (id: DriveId): boolean => !byId[id] || byId[id].job !== null;
      if (sourceId.value !== null && !byId[sourceId.value]) sourceId.value = null;
      const lost = [...allStaged.value].filter(gone);
      if (lost.length > 0) unstage(lost);
      if ([...marked.value].some(gone)) marked.value = new Set([...marked.value].filter((id) => !gone(id)));
    },
  );

  watch(sourceId, () => (map.value = null), { flush: 'sync' });

  return {
    sourceId,
    map,
    source,
    draftWanted,
    options,
    staged,
    allStaged,
    marked,
    filter,
    dragged,
    draggedTarget,
    fileOver,
    stagedIn,
    chooseSource,
    stage,
    unstage,
    mark,
    markOnly,
    setOptions,
    newDraft,
    closeDraft,
  };
});
