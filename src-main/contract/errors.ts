/**
 * The closed list of errors: a code and its parameters. Text for people is made from them in the renderer
 * and in the command line, never here. The helper's part of the list is generated.
 */
import { helperErrorCodes, type HelperErrorCode } from './helper-errors.gen.ts';
import { z } from './zod.ts';

const name = z.string().max(256);
/** Which of several drives it is about. */
const ofDrive = { drive: name.optional() };

/** Codes of our own, each with its parameters. */
const ownErrors = {
  /** The caller's role does not allow the call. */
  forbidden: z.strictObject({ needs: z.enum(['viewer', 'operator', 'local', 'approve', 'here']) }),
  /* `approve`: the grant to agree to erasing; `here`: to be at the machine itself. */
  /** The input of a call is not what the contract says; `at` names the place. */
  'bad-request': z.strictObject({ at: name }),
  /** There is no call of that name. */
  'unknown-call': z.strictObject({}),
  /** Too many calls are being answered for this connection. */
  busy: z.strictObject({}),
  /** The answer is larger than a message may be. */
  'too-large': z.strictObject({}),
  /** No answer in time. */
  timeout: z.strictObject({}),
  /** The connection ended before the answer came. */
  disconnected: z.strictObject({}),
  /** The two ends speak different versions of this contract. */
  'contract-version': z.strictObject({ ours: z.int(), theirs: z.int().nullable() }),
  /** This host cannot do it (a file dialog without a window, for example). */
  unsupported: z.strictObject({}),
  /** What is shown is a recording: nothing can be changed. */
  'replay-only': z.strictObject({}),
  'no-such-drive': z.strictObject({}),
  'no-such-job': z.strictObject({}),
  /** The drive is not the one that was approved, or holds something else by now. */
  'approval-void': z.strictObject(ofDrive),
  /** This drive needs an approval and there is none. */
  'approval-missing': z.strictObject({ ...ofDrive, level: z.int().min(0).max(3) }),
  /** The typed characters are not the last four of the drive's serial number. */
  'typed-wrong': z.strictObject(ofDrive),
  /** The drive is busy in another job. */
  'in-job': z.strictObject({ job: name }),
  /** The bench is armed; it must be disarmed first. */
  'armed-already': z.strictObject({}),
  /** It was disarmed before the copy began. */
  'not-armed': z.strictObject({}),
  /** Taught ports stay as they are while a job runs or the bench is armed: cells would move. */
  'bays-in-use': z.strictObject({}),
  /** The port was not taught, or not any more. */
  'no-such-bay': z.strictObject({}),
  /** Its capacity is being tested. */
  'in-probe': z.strictObject({}),
  /** Bad blocks are read from the source, and that is not here. */
  'source-missing': z.strictObject({ path: z.string().max(4096) }),
  /** The digests of this copy are not kept: there is nothing to compare it with. */
  'no-manifest': z.strictObject({}),
  /** The file is no map of ddrescue. */
  'map-damaged': z.strictObject({ detail: z.string().max(1024) }),
  /** By its map the image has more gaps than a copy can leave out; the others would be copied as if they were data. */
  'map-too-many-gaps': z.strictObject({ places: z.int().positive() }),
  /** The copy joined one that runs, which reads the source without the map. */
  'map-unused': z.strictObject({}),
  /** The targets were copied from different states of the source and cannot be compared with one manifest. */
  'several-manifests': z.strictObject({}),
  /** The serial number is on the list of protected drives. */
  protected: z.strictObject({}),
  /** The drive has no medium in it (a card reader without a card). */
  'no-medium': z.strictObject({}),
  /** An image is a source only; as a target, choose a file to be written. */
  'image-is-source': z.strictObject({}),
  /** What another computer hands out is a source only. */
  'feed-is-source': z.strictObject({}),
  /** The file exists already and would be overwritten. */
  'file-exists': z.strictObject({}),
  /** The job is over. */
  'job-ended': z.strictObject({}),
  /** A running job cannot be taken off the list. */
  'job-running': z.strictObject({}),
  /** The copying program is not there: not built, or not installed. */
  'helper-missing': z.strictObject({ detail: z.string().max(4096).optional() }),
  /** The copying program could not be started. */
  'helper-failed': z.strictObject({
    errno: z.string().max(32).optional(),
    detail: z.string().max(4096).optional(),
  }),
  /** Nobody granted the rights that writing to drives needs. */
  'elevation-declined': z.strictObject({}),
  'elevation-unavailable': z.strictObject({}),
  /** The rights were given, but the copying program ended before it could use them. */
  'elevation-failed': z.strictObject({}),
  /** The copying program gets no more rights where others than root could change it. */
  'helper-untrusted': z.strictObject({ path: z.string().max(4096) }),
  /** The settings were damaged or gone, and their copy is in use; a damaged file was kept beside it. */
  'settings-restored': z.strictObject({ path: z.string().max(4096) }),
  /** This file of the settings cannot be read: which drives are protected is not known, so no drive is written to. */
  'settings-damaged': z.strictObject({ path: z.string().max(4096) }),
  /** The settings could not be written. */
  'settings-not-saved': z.strictObject({}),
  /** The record was damaged; it was kept under another name, and a new one was begun. */
  'record-set-aside': z.strictObject({ keptAs: z.string().max(4096) }),
  /** The record cannot be kept: what happens now will not be found in it. */
  'record-not-kept': z.strictObject({ detail: z.string().max(1024) }),
  /** There is no record to be read. */
  'record-unavailable': z.strictObject({}),
  /** The record holds no job of this number. */
  'no-such-record': z.strictObject({}),
  /** Practice drives need a folder, and none can be made. */
  'practice-unavailable': z.strictObject({}),
  /** The list of drives could not be read; what is shown may be old. */
  'drives-unreadable': z.strictObject({}),
  /** The source is mounted and may be written to while it is copied. */
  'source-mounted-writable': z.strictObject({}),
  /** A program keeps files on the drive open; `programs` are those of this user. */
  'unmount-busy': z.strictObject({
    mountPoint: z.string().max(4096),
    programs: z.array(z.string().max(64)).max(8),
  }),
  /** The system does not let this user unmount it. */
  'unmount-denied': z.strictObject({ mountPoint: z.string().max(4096) }),
  'unmount-failed': z.strictObject({ detail: z.string().max(1024).optional() }),
  /** A file system on it is in use: it is not pulled out from under that. */
  'eject-mounted': z.strictObject({ detail: z.string().max(1024).optional() }),
  /** Something holds it: a copy, a program. */
  'eject-busy': z.strictObject({}),
  /** The system does not let this user switch it off. */
  'eject-denied': z.strictObject({}),
  /** It is built in, not plugged in. */
  'eject-fixed': z.strictObject({}),
  /** This system has no way to switch it off. */
  'eject-unsupported': z.strictObject({}),
  'eject-failed': z.strictObject({ detail: z.string().max(1024).optional() }),
  /** It is a file: there is no light to blink. */
  'no-light': z.strictObject({}),
  /** This device has not been paired, or not any more. */
  'not-paired': z.strictObject({}),
  /** The pairing code is wrong, used up, or too old. */
  'wrong-code': z.strictObject({}),
  /** Too many wrong codes: to be tried again after so many seconds. */
  'too-many-attempts': z.strictObject({ seconds: z.int().nonnegative() }),
  /** As many devices are paired, or codes open, as may be. */
  'too-many-devices': z.strictObject({}),
  'no-such-device': z.strictObject({}),
  /** Another machine cannot be reached; `detail` is the system's word for why. */
  unreachable: z.strictObject({ detail: z.string().max(256).optional() }),
  /** The other machine shows another certificate than the one it was paired with. */
  'certificate-changed': z.strictObject({}),
  /** What answers there is not Carousel. */
  'not-carousel': z.strictObject({}),
  /** An address that is none, or one without encryption beyond this computer. */
  'bad-address': z.strictObject({}),
  'no-such-machine': z.strictObject({}),
  /** This address cannot be listened on; `detail` is the system's word for why. */
  'cannot-listen': z.strictObject({ detail: z.string().max(256).optional() }),
  /** Stations: what stands between this machine and the others (`stationProblemSchema`). */
  station: z.strictObject({ problem: z.string().max(64), detail: z.string().max(1024).optional() }),
  /** This job is handed out already. */
  'handed-out': z.strictObject({}),
  /** The helper warned about something this program has no words for. */
  'other-warning': z.strictObject({ code: name }),
} as const;

/** Parameters that any of the helper's codes may have. `detail` is plain English for logs and support. */
const helperParams = z.strictObject({
  offset: z.number().nonnegative().optional(),
  errno: z.string().max(32).optional(),
  missingBytes: z.number().nonnegative().optional(),
  detail: z.string().max(1024).optional(),
});

type OwnErrors = typeof ownErrors;
/** A code of our own. */
export type OwnErrorCode = keyof OwnErrors;
/** Every code that may cross the contract. */
export type ErrorCode = OwnErrorCode | HelperErrorCode;
/** The parameters that go with a code. */
export type ErrorParams<C extends ErrorCode> = C extends OwnErrorCode
  ? z.infer<OwnErrors[C]>
  : z.infer<typeof helperParams>;
/** One error: `switch` on the code narrows the parameters. */
export type AppError = { [C in ErrorCode]: { code: C; params: ErrorParams<C> } }[ErrorCode];

/** Errors of a comparison that say something about the target itself; all others mean that it was not looked at to the end. */
export const tellsOfTarget: ReadonlySet<ErrorCode> = new Set([
  'verify-mismatch',
  'read-error',
  'write-error',
  'flush-error',
  'hung',
  'too-small',
]);

const paramsOf = new Map<string, z.ZodType>([
  ...helperErrorCodes.map((code) => [code, helperParams] as const),
  ...Object.entries(ownErrors),
]);

/** Every code, helper's included. */
export const errorCodes = [...paramsOf.keys()] as readonly ErrorCode[];

/** An error as it crosses the contract: a known code with exactly its parameters. */
export const appErrorSchema = z.custom<AppError>((value) => {
  if (typeof value !== 'object' || value === null) return false;
  const { code, params, ...rest } = value as { code?: unknown; params?: unknown };
  if (typeof code !== 'string' || Object.keys(rest).length > 0) return false;
  return paramsOf.get(code)?.safeParse(params).success === true;
}, 'an error with a known code');

type NoParams = { [C in ErrorCode]: Record<string, never> extends ErrorParams<C> ? C : never }[ErrorCode];

/** Makes an error; parameters may be left out where none are needed. */
export function appError<C extends NoParams>(code: C): AppError;
export function appError<C extends ErrorCode>(code: C, params: ErrorParams<C>): AppError;
export function appError(code: ErrorCode, params: object = {}): AppError {
  return { code, params } as AppError;
}

/** The exception that carries an error of the contract. */
export class ContractError extends Error {
  readonly error: AppError;

  constructor(error: AppError) {
    super(error.code);
    this.name = 'ContractError';
    this.error = error;
  }
}

/** What is told of something that was thrown: nothing but `internal` of what was not made to be told. */
export const errorOf = (thrown: unknown): AppError =>
  thrown instanceof ContractError ? thrown.error : appError('internal');

/** Throws an error of the contract. */
export function fail<C extends NoParams>(code: C): never;
export function fail<C extends ErrorCode>(code: C, params: ErrorParams<C>): never;
export function fail(code: ErrorCode, params: object = {}): never {
  throw new ContractError({ code, params } as AppError);
}
