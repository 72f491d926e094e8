/** Building bricks that several groups share. */
import { appErrorSchema } from '../errors.ts';
import { z } from '../zod.ts';

/**
 * Who may do what: a viewer sees, an operator also acts. `local` is the command line with the core in its own process: it
 * may also name drives by path. No connection from a window, a browser or another computer ever has it.
 */
export const roleSchema = z.enum(['viewer', 'operator', 'local']);
export type Role = z.infer<typeof roleSchema>;

/** Keys of records in the state; the narrow alphabet keeps hostile names out of them. */
const id = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/);
export const driveIdSchema = id;
export const jobIdSchema = id;
export const targetIdSchema = id;
export type DriveId = z.infer<typeof driveIdSchema>;
export type JobId = z.infer<typeof jobIdSchema>;
export type TargetId = z.infer<typeof targetIdSchema>;

export const byteCount = z.number().int().nonnegative();
export const rate = z.number().nonnegative();
/** Text that came from a device or a file system; cleaned by the core before it gets here. */
export const foreignText = z.string().max(128);
export const filePath = z.string().min(1).max(4096);
export const reasonsSchema = z.array(appErrorSchema).max(32);
export const nothing = z.strictObject({});

/** What a device that was paired over the network may do beside watching: nothing else unless it is an operator. */
export const remoteGrantSchema = z.strictObject({
  /** May agree to drives being erased. A grant of its own: an operator does not have it for that. */
  approve: z.boolean(),
});
export type RemoteGrant = z.infer<typeof remoteGrantSchema>;

/**
 * One call of the contract. `patient` calls wait for a person and have no time limit.
 * Over the network a call that is not a viewer's is refused unless `remote` says which grant it takes.
 */
export interface CallDefinition {
  readonly role: Role;
  readonly remote?: 'operate' | 'approve';
  readonly input: z.ZodType;
  readonly output: z.ZodType;
  readonly patient?: true;
}
