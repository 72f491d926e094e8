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
  forbidden: z.strictObject({ needs: z.enum(['viewer', 'operator', 'local']) }),
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
  /** The serial number is on the list of protected drives. */
  protected: z.strictObject({}),
  /** The drive has no medium in it (a card reader without a card). */
  'no-medium': z.strictObject({}),
  /** An image is a source only; as a target, choose a file to be written. */
  'image-is-source': z.strictObject({}),
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
  /** The settings file was damaged; it was kept under another name and defaults are in use. */
  'settings-damaged': z.strictObject({ keptAs: z.string().max(4096) }),
  /** The settings could not be written. */
  'settings-not-saved': z.strictObject({}),
  /** Practice drives need a folder, and none can be made. */
  'practice-unavailable': z.strictObject({}),
  /** The list of drives could not be read; what is shown may be old. */
  'drives-unreadable': z.strictObject({}),
  /** The source is mounted and may be written to while it is copied. */
  'source-mounted-writable': z.strictObject({}),
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

/** Throws an error of the contract. */
export function fail<C extends NoParams>(code: C): never;
export function fail<C extends ErrorCode>(code: C, params: ErrorParams<C>): never;
export function fail(code: ErrorCode, params: object = {}): never {
  throw new ContractError({ code, params } as AppError);
}
