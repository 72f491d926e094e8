// Follows machines until told to stop, or until none is left that can be shown.

import { compactJobs } from '@contract/groups/machines.ts';
import { createSession, type Session } from '@contract/session.ts';
import type { Pairing } from '../../core/remote/dial.ts';
import type { MachineAddress } from '../../core/remote/machine-address.ts';
import { terminalStyle, type CliContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { changedLines, renderMachines, type MachineView } from './machine-text.ts';

/** One machine to follow. */
export interface Followed {
  readonly address: MachineAddress;
  readonly pairing: Pairing;
}

export interface MonitorFlags {
  readonly json?: boolean;
  readonly once?: boolean;
}

const showEveryMs = 500;
/** Times in the picture go on while nothing else happens. */
const tickMs = 1000;
/** With --once a machine that cannot be reached by then is given up. */
const onceMs = 15_000;

interface Entry {
  view: Omit<MachineView, 'forSeconds'>;
  since: number;
  shown: MachineView | null;
  /** A whole state has come. */
  seen: boolean;
  session: Session | null;
}

/**
 * Runs until Ctrl-C, with `once` until every machine has been shown. The exit status: 0; 1 if a machine could not be reached (`once`);
 * 3 if there is none (left) that lets this device in.
 */
export async function runMonitor(
  machines: readonly Followed[],
  flags: MonitorFlags,
  context: CliContext,
): Promise<ExitCode> {
  const { stdout, stderr } = context;
  const live = !flags.json && !flags.once && terminalStyle(context).live;
  const began = performance.now();
  let drawn = 0;
  let finish!: (code: ExitCode) => void;
  const finished = new Promise<ExitCode>((resolve) => (finish = resolve));

  const entries: Entry[] = machines.map(({ address }) => ({
    view: { url: address.origin, name: null, link: 'connecting', problem: null, jobs: [], jobCount: 0 },
    since: performance.now(),
    shown: null,
    seen: false,
    session: null,
  }));
  const viewOf = ({ view, since }: Entry): MachineView => ({
    ...view,
    forSeconds: (performance.now() - since) / 1000,
  });

  function printJson(event: string, { view }: Entry): void {
    const t = Math.round(performance.now() - began) / 1000;
    const { url, name, link, problem, jobs, jobCount } = view;
    const more = event === 'machine' ? { link, problem } : { jobs, jobCount };
    stdout.write(`${JSON.stringify({ event, t, url, name, ...more })}\n`);
  }

  function draw(): void {
    const lines = renderMachines(entries.map(viewOf), stderr.columns, stderr.rows);
    const up = drawn > 0 ? `\x1b[${String(drawn)}A` : '';
    stderr.write(`${up}\r\x1b[0J${lines.map((line) => `${line}\n`).join('')}`);
    drawn = lines.length;
  }

  function show(entry: Entry, event: 'machine' | 'state'): void {
    if (flags.json) printJson(event, entry);
    else if (live) draw();
    else if (!flags.once) {
      const now = viewOf(entry);
      for (const line of changedLines(entry.shown, now)) stdout.write(`${line}\n`);
      entry.shown = now;
    }
  }

  function endIfOver(): void {
    const lost = (one: Entry): boolean => ['refused', 'outdated'].includes(one.view.link);
    if (entries.every(lost)) finish(EXIT.refused);
    else if (flags.once && entries.every((one) => one.seen || lost(one)))
      finish(entries.some(lost) ? EXIT.refused : EXIT.good);
  }

  entries.forEach((entry, index) => {
    const machine = machines[index];
    if (!machine) return;
    entry.session = createSession({
      open: async () =>
        (await import('../../core/remote/dial.ts')).openChannel(machine.address, machine.pairing),
      onHello: () => undefined,
      onLink(link, problem) {
        if (link !== entry.view.link) entry.since = performance.now();
        const isNew = link !== entry.view.link || problem?.code !== entry.view.problem?.code;
        entry.view = { ...entry.view, link, problem };
        if (isNew) show(entry, 'machine');
        endIfOver();
      },
      onState(state) {
        const jobs = compactJobs(
          state.jobOrder.flatMap((id) => state.jobs[id] ?? []),
          state.handOuts,
        );
        entry.view = { ...entry.view, ...jobs, name: state.system.hostName };
        entry.seen = true;
        show(entry, 'state');
      },
      showEveryMs,
    });
  });

  const tick = live ? setInterval(draw, tickMs) : undefined;
  const giveUp = flags.once ? setTimeout(() => finish(EXIT.someTargetIsNot), onceMs) : undefined;
  const offInterrupt = context.onInterrupt(() => finish(EXIT.good));
  const code = await finished;
  offInterrupt();
  clearInterval(tick);
  clearTimeout(giveUp);
  for (const { session } of entries) session?.stop();
  if (flags.once && !flags.json) {
    for (const line of renderMachines(entries.map(viewOf), 120, Number.MAX_SAFE_INTEGER))
      stdout.write(`${line}\n`);
  }
  return code;
}
