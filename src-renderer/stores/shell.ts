/** What is open on the screen, and questions that wait for an answer. */
import { defineStore } from 'pinia';
import { ref, shallowRef } from 'vue';
import type { DriveId, JobId, TargetId } from '@contract/groups/common.ts';
import type { Approval, TargetCheck } from '@contract/groups/jobs.ts';
import type { AppError } from '@contract/errors.ts';
import type { Untaken } from '../model/dropped.ts';
import { draft, type SectionId } from './staging.ts';

/** What a yes is asked for. */
export type ApprovalRequest =
  | { kind: 'start'; source: DriveId; drives: readonly DriveId[] }
  | { kind: 'join'; job: JobId; source: DriveId; drives: readonly DriveId[]; fromTray: boolean }
  | { kind: 'retry'; job: JobId; targets: readonly TargetId[] }
  | ApprovalTask;

/** Anything else that writes to drives: it brings its words, its look at the drives, and what a yes begins. */
export interface ApprovalTask {
  kind: 'task';
  words: { title: string; text: string; yes: string };
  /** What is on the drives is lost by it: the yes can be taken back for a moment. */
  erases: boolean;
  count: number;
  /** Bytes that a drive must hold; 0 where that does not matter. */
  sourceSize: number;
  check: () => Promise<TargetCheck[]>;
  begin: (approvals: Approval[]) => Promise<unknown>;
}

/** A question with a safe answer. The words come ready from the one who asks. */
export interface Question {
  title: string;
  text: string;
  yes: string;
  no: string;
}

export type View = 'jobs' | 'machines';
export type Panel =
  | 'settings'
  | 'keys'
  | 'about'
  | 'source'
  | 'graph'
  | 'verify'
  | 'probe'
  | 'history'
  | 'handOut'
  | 'join'
  | 'bays'
  | 'arm';

export const useShell = defineStore('shell', () => {
  const panel = ref<Panel | null>(null);
  /** The page of machines instead of the jobs of this one. */
  const view = ref<View>('jobs');
  const drawer = shallowRef<{ job: JobId; target: TargetId } | null>(null);
  const graphOf = ref<JobId | null>(null);
  const approval = shallowRef<ApprovalRequest | null>(null);
  const question = shallowRef<Question | null>(null);
  /** The section that keys and the tray's buttons mean. */
  const section = ref<SectionId>(draft);
  /** The last call that was refused, in its own words, until it is put away. */
  const refusal = shallowRef<AppError | null>(null);
  /** Something that was asked for is done: one sentence, until it is put away or no longer true. */
  const told = ref<string | null>(null);
  /** Drives whose light blinks because somebody here asked for it. */
  const blinking = shallowRef<ReadonlySet<DriveId>>(new Set());
  /** A file was dropped that cannot be taken: the source picker says why. */
  const untaken = shallowRef<Untaken | null>(null);
  /** A file was dropped while a manifest was looked for. */
  const droppedManifest = shallowRef<Untaken | { kind: 'path'; path: string } | null>(null);
  let answer: ((yes: boolean) => void) | null = null;

  function ask(what: Question): Promise<boolean> {
    answer?.(false);
    question.value = what;
    return new Promise((resolve) => {
      answer = resolve;
    });
  }

  function settle(yes: boolean): void {
    question.value = null;
    answer?.(yes);
    answer = null;
  }

  function openGraph(job: JobId): void {
    graphOf.value = job;
    panel.value = 'graph';
  }

  return {
    panel,
    view,
    drawer,
    graphOf,
    approval,
    question,
    section,
    refusal,
    told,
    blinking,
    untaken,
    droppedManifest,
    ask,
    settle,
    openGraph,
  };
});
