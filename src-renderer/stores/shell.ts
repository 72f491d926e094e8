/** What is open on the screen, and questions that wait for an answer. */
import { defineStore } from 'pinia';
import { ref, shallowRef } from 'vue';
import type { DriveId, JobId, TargetId } from '@contract/groups/common.ts';
import type { AppError } from '@contract/errors.ts';
import type { Untaken } from '../model/dropped.ts';
import { draft, type SectionId } from './staging.ts';

/** What a yes is asked for. */
export type ApprovalRequest =
  | { kind: 'start'; source: DriveId; drives: readonly DriveId[] }
  | { kind: 'join'; job: JobId; source: DriveId; drives: readonly DriveId[]; fromTray: boolean }
  | { kind: 'retry'; job: JobId; targets: readonly TargetId[] };

/** A question with a safe answer. The words come ready from the one who asks. */
export interface Question {
  title: string;
  text: string;
  yes: string;
  no: string;
}

export type Panel = 'settings' | 'keys' | 'about' | 'source' | 'graph';

export const useShell = defineStore('shell', () => {
  const panel = ref<Panel | null>(null);
  const drawer = shallowRef<{ job: JobId; target: TargetId } | null>(null);
  const graphOf = ref<JobId | null>(null);
  const approval = shallowRef<ApprovalRequest | null>(null);
  const question = shallowRef<Question | null>(null);
  /** The section that keys and the tray's buttons mean. */
  const section = ref<SectionId>(draft);
  /** The last call that was refused, in its own words, until it is put away. */
  const refusal = shallowRef<AppError | null>(null);
  /** A file was dropped that cannot be taken: the source picker says why. */
  const untaken = shallowRef<Untaken | null>(null);
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

  return { panel, drawer, graphOf, approval, question, section, refusal, untaken, ask, settle, openGraph };
});
