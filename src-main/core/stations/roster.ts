/** Who rides on this job from other machines, what each still lacks, and what was sent when. Pure: no network, no clock of its own. */
import type { Station, StationTarget } from '@contract/groups/stations.ts';
import { isFinal } from '@contract/groups/jobs.ts';
import { sameText } from '../access/pairing-code.ts';
import { BlockSet, eachBlock, type BlockRange } from './block-set.ts';

/** Stations at the same time, and in all that may be listed. */
const mostJoined = 256;
const mostListed = 1000;

/** What a station says of its targets. */
interface Report {
  targets: readonly StationTarget[];
  more: Station['more'];
}

interface Entry extends Report {
  id: string;
  name: string;
  state: Station['state'];
  owed: BlockSet;
  /** All that is owed is in these. */
  lacked: readonly BlockRange[];
  lastBeat: number;
  /** It has lacked something since it joined. */
  hasLacked: boolean;
  /** It lacks nothing now, and blocks for others need not go to it. */
  resting: boolean;
  blocksSent: number;
  /** Blocks that it lacked at its last sign of life, and how many of them were on their way. */
  lacks: number;
  behind: number;
}

/** How a station that rides keeps up. */
export interface Pace {
  lastBeat: number;
  lacks: number;
  behind: number;
}

/** A station whose targets had not all ended when it was lost: these are not complete. */
const lostTarget = (target: StationTarget): StationTarget =>
  isFinal(target.state) ? target : { ...target, state: 'failed', error: 'station-lost' };

/** What one that does not ride is owed: its own list would be room for nothing. */
const nothing = new BlockSet(0);

export class Roster {
  readonly #blockCount: number;
  readonly #entries = new Map<string, Entry>();
  /** What each station made up to prove that it is the one that joined: ids are no secret, these are told to nobody. */
  readonly #secrets = new Map<string, string>();
  /** To how many stations a block is owed: to look at each of them for each block is too much work with many. */
  readonly #owing: Uint16Array;
  /** The stream's sequence of the last part of a block's last sending; 0: never sent. */
  readonly #sentAt: Float64Array;
  /** Blocks that were asked of the tap and have not come from it. */
  readonly #asked: BlockSet;
  /** Blocks that have come from the tap and are not on the server yet. */
  readonly #flying: BlockSet;

  constructor(blockCount: number) {
    this.#blockCount = blockCount;
    this.#owing = new Uint16Array(blockCount);
    this.#sentAt = new Float64Array(blockCount);
    this.#asked = new BlockSet(blockCount);
    this.#flying = new BlockSet(blockCount);
  }

  get list(): Station[] {
    return [...this.#entries.values()].map(({ id, name, state, blocksSent, targets, more }) => ({
      id,
      name,
      state,
      blocksSent,
      targets: [...targets],
      more,
    }));
  }

  /** Those that ride, by id. */
  get paces(): Map<string, Pace> {
    const riding = [...this.#entries.values()].filter(({ state }) => state === 'joined');
    return new Map(riding.map(({ id, lastBeat, lacks, behind }) => [id, { lastBeat, lacks, behind }]));
  }

  /** Some station rides. */
  get riding(): boolean {
    return [...this.#entries.values()].some(({ state }) => state === 'joined');
  }

  rides(id: string): boolean {
    return this.#entries.get(id)?.state === 'joined';
  }

  /** Takes the id for who knows the secret. False if it is somebody else's, or there are too many stations already. */
  claim(id: string, secret: string): boolean {
    if (this.isOther(id, secret)) return false;
    const others = [...this.#secrets.keys()].filter(
      (one) => one !== id && (this.#entries.get(one)?.state ?? 'joined') === 'joined',
    );
    if (others.length >= mostJoined || (!this.#secrets.has(id) && this.#secrets.size >= mostListed))
      return false;
    this.#secrets.set(id, secret);
    return true;
  }

  /** One that has claimed its id could not join: the id is free again, unless it has joined before. */
  unclaim(id: string): void {
    if (!this.#entries.has(id)) this.#secrets.delete(id);
  }

  /** The id was claimed with another secret: whoever speaks is not that station. */
  isOther(id: string, secret: string): boolean {
    const known = this.#secrets.get(id);
    return known !== undefined && !sameText(known, secret);
  }

  /** Steps on, for the first time or again; it has claimed its id. */
  join(id: string, name: string, now: number): void {
    const before = this.#entries.get(id);
    if (before) this.#forget(before); // it may ride still, and know better than we that it was cut off
    this.#entries.set(id, {
      id,
      name,
      state: 'joined',
      owed: new BlockSet(this.#blockCount),
      lastBeat: now,
      lacked: [],
      hasLacked: false,
      resting: false,
      blocksSent: before?.blocksSent ?? 0,
      lacks: before?.lacks ?? 0,
      behind: 0,
      targets: before?.targets ?? [],
      more: before?.more ?? { targets: 0, notGood: 0 },
    });
  }

  /** A sign of life: it has dealt with the stream up to `upTo`, and lacks these blocks. */
  beat(
    id: string,
    { upTo, lacks, targets, more }: { upTo: number; lacks: readonly BlockRange[] } & Report,
    now: number,
  ): void {
    const entry = this.#entries.get(id);
    if (entry?.state !== 'joined') return;
    entry.lastBeat = now;
    entry.targets = targets;
    entry.more = more;
    this.#oweNothing(entry);
    entry.lacked = lacks;
    entry.behind = 0;
    eachBlock(lacks, (block) => {
      const coming = this.#flying.has(block) || (this.#sentAt[block] ?? 0) > upTo;
      if (coming) entry.behind++;
      else if (entry.owed.add(block)) this.#count(block, 1);
    });
    entry.lacks = lacks.reduce((sum, [, blocks]) => sum + blocks, 0);
    if (lacks.length > 0) entry.hasLacked = true;
    else if (entry.hasLacked) entry.resting = true;
  }

  /** It lacked nothing the last time it was heard: nothing is kept for it on the server. */
  rests(id: string): boolean {
    return this.#entries.get(id)?.resting === true;
  }

  /** It has said how everything ended. */
  bye(id: string, { targets, more }: Report): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    this.#forget(entry);
    entry.state = 'done';
    entry.targets = targets.map(lostTarget);
    entry.more = more;
  }

  /** Who gave no sign of life since `since` is off; their names. */
  dropSilent(since: number): string[] {
    return this.drop((entry) => entry.lastBeat < since);
  }

  dropAll(): string[] {
    return this.drop(() => true);
  }

  private drop(which: (entry: Entry) => boolean): string[] {
    const gone = [...this.#entries.values()].filter((entry) => entry.state === 'joined' && which(entry));
    for (const entry of gone) {
      entry.state = 'lost';
      this.#forget(entry);
      entry.targets = entry.targets.map(lostTarget);
    }
    return gone.map(({ id }) => id);
  }

  /** Everybody has just been heard: it was our own end that was cut off. */
  allHeard(now: number): void {
    for (const entry of this.#entries.values()) entry.lastBeat = Math.max(entry.lastBeat, now);
  }

  isOwed(block: number): boolean {
    return (this.#owing[block] ?? 0) > 0;
  }

  #count(block: number, by: 1 | -1): void {
    this.#owing[block] = (this.#owing[block] ?? 0) + by;
  }

  /** Looks at what it lacked only: most stations lack little most of the time. */
  #oweNothing({ owed, lacked }: Entry): void {
    eachBlock(lacked, (block) => {
      if (owed.delete(block)) this.#count(block, -1);
    });
  }

  /** Nothing is owed to it any more, and no room kept for that. */
  #forget(entry: Entry): void {
    this.#oweNothing(entry);
    entry.owed = nothing;
    entry.lacked = [];
  }

  /** What the tap is to be asked for beyond what it was asked for already, and what nobody wants of it any more. */
  changes(): { need: number[]; drop: number[] } {
    const need: number[] = [];
    const drop: number[] = [];
    for (let block = 0; block < this.#blockCount; block++) {
      const owed = this.isOwed(block);
      if (owed && !this.#flying.has(block) && this.#asked.add(block)) need.push(block);
      if (!owed && this.#asked.delete(block)) drop.push(block);
    }
    return { need, drop };
  }

  /** A new tap knows of nothing that was asked. */
  forgetAsked(): void {
    this.#asked.clear();
  }

  /** A block has come from the tap: true if it is to be sent. */
  take(block: number): boolean {
    this.#asked.delete(block);
    if (!this.isOwed(block)) return false;
    this.#flying.add(block);
    return true;
  }

  /** All parts of it are on the server, the last as `sequence`. */
  sent(block: number, sequence: number): void {
    this.#flying.delete(block);
    this.#sentAt[block] = sequence;
    for (const entry of this.#entries.values())
      if (entry.owed.delete(block)) {
        this.#count(block, -1);
        entry.blocksSent++;
      }
  }

  /** It did not get there, and is owed as before. */
  notSent(block: number): void {
    this.#flying.delete(block);
  }

  /** Sequences of an earlier stream mean nothing any more. */
  forgetSequences(): void {
    this.#sentAt.fill(0);
  }
}
