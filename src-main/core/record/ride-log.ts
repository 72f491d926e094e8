/** Follows one conversation with the helper and keeps what it tells in the record. */
import type { HelperEvent, HelperEventOf, JobSummary, TargetResult } from '@contract/helper-messages.ts';
import { isFinal, takesBack } from '@contract/helper-messages.ts';
import type { Station } from '@contract/groups/stations.ts';
import {
  bareFacts,
  type Announcement,
  type DriveFacts,
  type Measured,
  type RecordStore,
  type RidePlace,
} from './record-store.ts';
import type { Recorder } from './recorder.ts';
import { SpeedCurve } from './speed-curve.ts';

/** A number in the record, and of which file: one that was damaged meanwhile is not the one that has taken its place. */
interface Numbered {
  id: number;
  opened: number;
}

/** A target that was announced and has no number yet. The row is known once it is written. */
interface Announced {
  readonly path: string;
  row: Numbered | null;
}

const idIn = (store: RecordStore, number: Numbered | null): number | null =>
  number?.opened === store.opened ? number.id : null;

const unmeasured: Measured = { speed: null, curve: [], coverage: '' };

export class RideLog {
  readonly #recorder: Recorder;
  readonly #factsAt: (path: string) => DriveFacts;
  /** Null: this one only looks on. */
  readonly #about: Announcement | null;
  #announced: Announced[] = [];
  /** What was asked for later, by the mark of the request. */
  #asked = new Map<string, Announced[]>();
  #job: Numbered | null = null;
  #measures = new Map<number, { curve: SpeedCurve; coverage: string }>();
  #boarded = new Set<number>();
  #settled = new Set<number>();
  /** What was known of drives when their comparison began. */
  #compared = new Map<number, DriveFacts>();

  constructor(recorder: Recorder, factsAt: (path: string) => DriveFacts, about: Announcement | null) {
    this.#recorder = recorder;
    this.#factsAt = factsAt;
    this.#about = about;
  }

  /** Notes that these are about to be written. To be called before the helper hears of them. */
  announce(paths: readonly string[]): Announced[] {
    const about = this.#about ?? { start: null, task: 'copy' as const, writes: true };
    const announced = paths.map((path): Announced => ({ path, row: null }));
    const facts = paths.map((path) => this.#factsAt(path));
    this.#announced.push(...announced);
    if (paths.length > 0)
      this.#recorder.now((store, now) => {
        store.announce(facts, about, now).forEach((row, index) => {
          const one = announced[index];
          if (one) one.row = { id: row, opened: store.opened };
        });
      });
    return announced;
  }

  /** What was announced and is not on its way was not asked for after all. */
  withdraw(): void {
    const left = this.#announced.filter(
      (one) => ![...this.#asked.values()].some((asked) => asked.includes(one)),
    );
    this.#announced = this.#announced.filter((one) => !left.includes(one));
    this.#recorder.now((store) => store.withdraw(left.flatMap(({ row }) => idIn(store, row) ?? [])));
  }

  /** These were announced for the request with this mark. */
  await(mark: string, announced: Announced[]): void {
    this.#asked.set(mark, announced);
  }

  take(event: HelperEvent): void {
    if (event.event === 'job') this.#begin(event);
    else if (event.event === 'error') this.#turnedDown(event);
    else if (event.event === 'progress' && (event.phase === 'copying' || event.phase === 'aside')) {
      const measure = this.#measureOf(event.id);
      measure.curve.note(event.t, event.bytesPerSecond);
      measure.coverage = event.coverage ?? measure.coverage;
    } else if (event.event === 'target') {
      const { state, target: path } = event;
      if (event.compared) {
        this.#lookAtCompared(event.id, path, isFinal(state));
        if (isFinal(state)) this.#settleCompared(event.id, { ...event, state, path });
        return;
      }
      this.#board(event.id, path, event.mine, event.size ?? null, isFinal(state));
      if (isFinal(state)) this.#settle(event.id, { ...event, state, path }, false);
    }
  }

  /** The last word. */
  end(summary: JobSummary): void {
    if (summary.outcome === 'detached') return; // the job runs on, and so does its record
    // Who only looked on and was cut off knows nothing of how it ended; its owner does, or the file it leaves.
    const guessed = summary.outcome === 'helper-died';
    if (guessed && this.#about === null) return;
    for (const [results, mine] of [
      [summary.targets, summary.role !== 'observer'],
      [summary.others, false],
    ] as const)
      for (const result of results) {
        if (result.id === undefined) continue;
        if (result.compared) {
          if (!guessed || result.badBlocks > 0) this.#settleCompared(result.id, result);
          continue;
        }
        this.#board(result.id, result.path, mine, null, true);
        this.#settle(result.id, result, guessed);
      }
    const left = this.#announced;
    this.#announced = [];
    this.#recorder.now((store, now) => {
      for (const { path, row } of left) {
        const result = summary.targets.find((one) => one.path === path && one.id === undefined);
        const id = idIn(store, row);
        if (result && id !== null) store.settle({ row: id }, result, unmeasured, now, guessed);
      }
      const job = idIn(store, this.#job);
      if (job !== null && summary.role !== 'consumer') store.finish(job, summary, now);
    });
  }

  /** How the stations of the job stand. */
  stations(stations: readonly Station[]): void {
    this.#recorder.soon((store) => {
      const job = idIn(store, this.#job);
      if (job !== null) store.keepStations(job, stations);
    });
  }

  /** The record's number of the job, once it is written. */
  get job(): number | null {
    return this.#job?.id ?? null;
  }

  #begin(event: HelperEventOf<'job'>): void {
    const source = this.#factsAt(event.source.path);
    // What a joiner asked to be left behind nobody leaves: only the job's own starter is heard.
    const start = event.role === 'producer' ? (this.#about?.start ?? null) : null;
    const { program, bootedAt } = this.#recorder;
    this.#recorder.soon((store, now) => {
      const id = store.openJob(event, { source, start, program }, now, bootedAt);
      this.#job = { id, opened: store.opened };
    });
  }

  #turnedDown({ request = '', code, message, offset, errno }: HelperEventOf<'error'>): void {
    const announced = this.#asked.get(request);
    if (!announced) return;
    this.#asked.delete(request);
    this.#announced = this.#announced.filter((one) => !announced.includes(one));
    const error = { code, message, offset, errno };
    this.#recorder.soon((store, now) => {
      for (const { path, row } of announced) {
        const id = idIn(store, row);
        if (id !== null) store.settle({ row: id }, { ...nothing(path), error }, unmeasured, now);
      }
    });
  }

  #measureOf(id: number): { curve: SpeedCurve; coverage: string } {
    const known = this.#measures.get(id);
    if (known) return known;
    const made = { curve: new SpeedCurve(), coverage: '' };
    this.#measures.set(id, made);
    return made;
  }

  /** `isOver`: it is heard of only now, so what is at its path may be another drive. */
  #board(id: number, path: string, mine: boolean, size: number | null, isOver: boolean): void {
    if (this.#boarded.has(id)) return;
    this.#boarded.add(id);
    const at = mine ? this.#announced.findIndex((one) => one.path === path) : -1;
    const [own] = at < 0 ? [] : this.#announced.splice(at, 1);
    const known = isOver && !own ? bareFacts(path) : this.#factsAt(path);
    const facts = { ...known, size: known.size ?? size };
    this.#recorder.soon((store, now) => {
      const job = idIn(store, this.#job);
      if (job !== null) store.board({ job, helperId: id }, facts, idIn(store, own?.row ?? null), now);
    });
  }

  /** `isOver`: as for boarding. */
  #lookAtCompared(id: number, path: string, isOver: boolean): void {
    if (!this.#compared.has(id)) this.#compared.set(id, isOver ? bareFacts(path) : this.#factsAt(path));
  }

  /** What a comparison has shown belongs to the ride that it was about. */
  #settleCompared(id: number, result: TargetResult): void {
    if (this.#settled.has(id)) return;
    this.#settled.add(id);
    const who = this.#compared.get(id) ?? bareFacts(result.path);
    this.#recorder.soon((store, now) => {
      const job = idIn(store, this.#job);
      if (job !== null) store.settleCompared({ job, helperId: id }, who, result, now);
    });
  }

  #settle(id: number, result: TargetResult, guessed: boolean): void {
    if (this.#settled.has(id) && !takesBack('done', result)) return;
    this.#settled.add(id);
    const { curve, coverage } = this.#measureOf(id);
    const { mean, min, max, points } = curve;
    const speed = mean === null || min === null || max === null ? null : { mean, min, max };
    const measured = { speed, curve: [...points], coverage };
    this.#recorder.soon((store, now) => {
      const job = idIn(store, this.#job);
      if (job === null) return;
      const place: RidePlace = { job, helperId: id };
      store.settle(place, result, measured, now, guessed);
    });
  }
}

/** A target that was refused before anything was written. */
const nothing = (path: string): TargetResult => ({
  path,
  state: 'refused',
  joinedAtBlock: null,
  bytesWritten: 0,
  badBlocks: 0,
  healedBlocks: 0,
  seconds: 0,
});
