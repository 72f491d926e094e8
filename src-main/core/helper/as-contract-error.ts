import { appError, ContractError } from '@contract/errors.ts';
import { HelperNotFound } from './helper-path.ts';
import { HelperCommandError } from './one-shot.ts';

/** What a command of the helper threw, as an error of the contract; anything else comes back as it is. */
export function asContractError(error: unknown): unknown {
  if (error instanceof HelperNotFound)
    return new ContractError(appError('helper-missing', { detail: error.message.slice(0, 4096) }));
  if (!(error instanceof HelperCommandError)) return error;
  const detail = error.message.slice(0, 1024);
  if (error.late) return new ContractError(appError('hung', { detail }));
  const errno = error.errno === undefined ? {} : { errno: error.errno.slice(0, 32) };
  return new ContractError(appError('helper-failed', { ...errno, detail }));
}
