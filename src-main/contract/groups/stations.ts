/** Stations: other machines that ride on a job of this one, or this machine as a station of another one's job. */
import { z } from '../zod.ts';
import { driveIdSchema, filePath, foreignText, jobIdSchema, nothing, type CallDefinition } from './common.ts';
import { isFinal, isGood, jobOptionsSchema, targetStateSchema, type TargetState } from './jobs.ts';

/** The name of a job among stations; it stands in the names of streams and subjects. */
export const stationJobSchema = z
  .string()
  .regex(/^[a-z0-9]{1,32}$/, 'must be 1 to 32 small letters and digits');

/** How to reach a NATS server. Secrets are in files, never in the URL. */
export const serverSchema = z.strictObject({
  url: z
    .string()
    .max(512)
    .regex(
      /^(nats|tls):\/\/[^\s@/]+(:\d+)?\/?$/,
      'must be nats://HOST:PORT or tls://HOST:PORT, without a name or password',
    ),
  /** A NATS credentials file (.creds), an nkey seed, or one line `user:password`. */
  credentials: filePath.optional(),
  /** PEM files: who may speak for the server, and what this end shows of itself. */
  ca: filePath.optional(),
  cert: filePath.optional(),
  key: filePath.optional(),
});
export type Server = z.infer<typeof serverSchema>;

/** Hands this machine's job to stations. */
export const publishSchema = z.strictObject({
  server: serverSchema,
  job: stationJobSchema,
  /** Bytes of blocks that may wait on the server for the slowest station. */
  streamBytes: z.int().min(1_048_576).max(1_099_511_627_776).optional(),
  /** Seconds after which a station that gives no sign of life is dropped. */
  stationTimeout: z.int().min(3).max(3600).optional(),
});
export type Publish = z.infer<typeof publishSchema>;

/** Rides on another machine's job. */
export const joinSchema = z.strictObject({
  server: serverSchema,
  job: stationJobSchema,
  /** How this machine is called there. */
  name: z.string().min(1).max(64),
  /** Seconds after which a station that cannot reach its first node gives up. */
  patience: z.int().min(3).max(86_400).optional(),
});
export type Join = z.infer<typeof joinSchema>;

const count = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);

/** A station lists so many of its targets. */
export const mostListedTargets = 64;

/** One target of a station, as it tells of it. */
export const stationTargetSchema = z.strictObject({
  path: z.string().max(256),
  state: targetStateSchema,
  bytes: count,
  error: z.string().max(64).nullable(),
});
export type StationTarget = z.infer<typeof stationTargetSchema>;

/** Targets of a station beyond those it lists, which are the ones least well, and how many of these are not good. */
export const moreTargetsSchema = z.strictObject({ targets: count, notGood: count });

/** `joined` rides; `lost` gave no sign of life and was dropped; `done` has said how all its targets ended. */
export const stationStateSchema = z.enum(['joined', 'lost', 'done']);

export const stationSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9]{8,32}$/),
  name: z.string().max(64),
  state: stationStateSchema,
  /** Blocks it was sent, each as often as it was. */
  blocksSent: count,
  targets: z.array(stationTargetSchema).max(mostListedTargets),
  more: moreTargetsSchema,
});
export type Station = z.infer<typeof stationSchema>;

/** Why this end cannot do its part, or does it without something. */
export const stationProblemSchema = z.strictObject({
  code: z.enum([
    'nats-unreachable',
    'nats-denied',
    'nats-tls',
    'nats-no-jetstream',
    'nats-lost',
    'stream-too-small',
    'station-version',
    'station-no-job',
    'station-refused',
    'station-credentials',
    'station-changed',
    'clock-skew',
    'not-encrypted',
    'feed-ended',
    'feed-damaged',
  ]),
  detail: z.string().max(1024),
});
export type StationProblem = z.infer<typeof stationProblemSchema>;
export type StationProblemCode = StationProblem['code'];

/** What happens between this machine and others; sent on change, at most 5 a second. */
export const stationEventSchema = z.discriminatedUnion('event', [
  z.strictObject({
    event: z.literal('stations'),
    job: stationJobSchema,
    stations: z.array(stationSchema).max(1000),
  }),
  z.strictObject({
    event: z.literal('link'),
    role: z.enum(['publisher', 'station']),
    state: z.enum(['up', 'down', 'ended']),
    problem: stationProblemSchema.nullable(),
  }),
]);
export type StationEvent = z.infer<typeof stationEventSchema>;

/** A job shows so many stations, and so many targets of all of them; how many there are is said beside them. */
export const maxShownStations = 64;
export const maxShownStationTargets = 256;

/** How the targets of all stations stand, those that are not shown too. */
export const stationCountsSchema = z.strictObject({
  stations: count,
  /** Stations that were dropped and have not come back. */
  lost: count,
  targets: count,
  good: count,
  /** Failed, refused, pulled out, stopped, or of a station that was dropped before they were complete. */
  bad: count,
  open: count,
});
export type StationCounts = z.infer<typeof stationCountsSchema>;

/** A station as the first node sees it. */
export const ridingStationSchema = z.strictObject({
  id: stationSchema.shape.id,
  name: foreignText,
  /**
   * `live` gives signs of life; `silent` has given none for some seconds, and goes on by itself as soon as it is heard again;
   * `lost` was silent for too long and dropped; `done` has said how all its targets ended.
   */
  link: z.enum(['live', 'silent', 'lost', 'done']),
  /** Seconds without a sign of life; null unless it is silent. */
  silentSeconds: count.nullable(),
  /** Blocks on their way to it, and blocks that it still lacks in all; null where it does not ride. */
  behind: count.nullable(),
  lacks: count.nullable(),
  targets: z.array(stationTargetSchema).max(mostListedTargets),
  /** Beyond those that are listed. */
  more: moreTargetsSchema,
});
export type RidingStation = z.infer<typeof ridingStationSchema>;

/** A job that is handed out to other computers, or was. What stations have told stays as long as the job is shown. */
export const handOutSchema = z.strictObject({
  /** `ended`: nobody can join any more. */
  state: z.enum(['open', 'ended']),
  /** What stations enter: the server and the name. */
  url: z.string().max(512),
  job: stationJobSchema,
  /** A station needs a file with its credentials, and certificates that vouch for the server. */
  needs: z.strictObject({ credentials: z.boolean(), ca: z.boolean() }),
  /** Is the server there? */
  link: z.enum(['up', 'down']),
  problem: stationProblemSchema.nullable(),
  stations: z.array(ridingStationSchema).max(maxShownStations),
  counts: stationCountsSchema,
});
export type HandOut = z.infer<typeof handOutSchema>;

/** A source of this machine's catalogue whose blocks come from another one. */
export const feedSchema = z.strictObject({
  url: z.string().max(512),
  job: stationJobSchema,
  /** How this machine is called there. */
  name: foreignText,
  /** `idle`: nothing is copied from it now. */
  link: z.enum(['idle', 'up', 'down']),
  problem: stationProblemSchema.nullable(),
});
export type Feed = z.infer<typeof feedSchema>;

/** Counts the targets of stations. Of one that was dropped nothing is open any more. */
export function countStations(
  stations: readonly Pick<Station, 'state' | 'targets' | 'more'>[],
): StationCounts {
  const counts = { stations: stations.length, lost: 0, targets: 0, good: 0, bad: 0, open: 0 };
  for (const { state, targets, more } of stations) {
    const rides = state === 'joined';
    if (state === 'lost') counts.lost += 1;
    counts.targets += targets.length + more.targets;
    counts.good += more.targets - more.notGood;
    counts[rides ? 'open' : 'bad'] += more.notGood;
    for (const target of targets) {
      if (isGood(target.state)) counts.good += 1;
      else if (rides && !isFinal(target.state)) counts.open += 1;
      else counts.bad += 1;
    }
  }
  return counts;
}

/** The same for one station as it is shown. */
export const countTargets = ({
  link,
  targets,
  more,
}: Pick<RidingStation, 'link' | 'targets' | 'more'>): StationCounts =>
  countStations([{ state: link === 'live' || link === 'silent' ? 'joined' : link, targets, more }]);

/** A station with so many of its targets, those that are not good first; the others are counted. */
export function listTargets<T extends Pick<Station, 'targets' | 'more'>>(station: T, room: number): T {
  const rank = ({ state }: StationTarget): number => Number(isGood(state));
  const sorted = [...station.targets].sort((a, b) => rank(a) - rank(b));
  const left = sorted.slice(room);
  return {
    ...station,
    targets: sorted.slice(0, room),
    more: {
      targets: station.more.targets + left.length,
      notGood: station.more.notGood + left.filter(({ state }) => !isGood(state)).length,
    },
  };
}

/** Nothing is heard of it just now: it waits for the network, and will catch up. */
export const isCut = (
  station: Pick<RidingStation, 'link'>,
  handOut: Pick<HandOut, 'state' | 'link'>,
): boolean =>
  station.link === 'silent' ||
  (station.link === 'live' && handOut.state === 'open' && handOut.link === 'down');

/**
 * The state in which a target of a station is shown. A cut cable is no failure: what was not over is set aside until the
 * station is heard again, or is dropped.
 */
export function shownState(
  { state }: Pick<StationTarget, 'state'>,
  station: Pick<RidingStation, 'link'>,
  handOut: Pick<HandOut, 'state' | 'link'>,
): TargetState {
  if (isFinal(state)) return state;
  if (station.link === 'lost' || station.link === 'done') return 'failed';
  return isCut(station, handOut) ? 'aside' : state;
}

export const stationCalls = {
  /**
   * Hands the blocks of a job to other computers as well; with `source`, begins a job that has no target here yet and waits
   * for the first station. Files are named by paths on this machine and opened by the core as its user. Nothing has begun
   * when it is refused.
   */
  'stations.handOut': {
    role: 'operator',
    input: z.strictObject({
      of: z.union([
        z.strictObject({ job: jobIdSchema }),
        z.strictObject({ source: driveIdSchema, options: jobOptionsSchema.partial().optional() }),
      ]),
      server: serverSchema,
      /** Left out: a new one that nobody guesses. */
      name: stationJobSchema.optional(),
      streamBytes: publishSchema.shape.streamBytes,
      stationTimeout: publishSchema.shape.stationTimeout,
    }),
    output: z.strictObject({ job: jobIdSchema }),
    patient: true,
  },
  /** Nobody can join any more, and who rides is dropped. A job that has no target here ends with it. */
  'stations.stop': {
    role: 'operator',
    remote: 'operate',
    input: z.strictObject({ job: jobIdSchema }),
    output: nothing,
    patient: true,
  },
  /** Asks the first node what it hands out under this name, and puts that into the catalogue as a source. */
  'stations.connect': {
    role: 'operator',
    input: joinSchema.extend({ name: joinSchema.shape.name.optional() }),
    output: z.strictObject({ drive: driveIdSchema }),
    patient: true,
  },
  /** Takes such a source out of the catalogue. Refused while it is copied. */
  'stations.forget': {
    role: 'operator',
    input: z.strictObject({ drive: driveIdSchema }),
    output: nothing,
  },
} as const satisfies Record<string, CallDefinition>;
