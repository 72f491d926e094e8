import { ContractError } from '../errors.ts';

/** The code of the error that this ends with; `no error` where it ends well, the words of anything else. */
export const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no error',
    (error: unknown) => (error instanceof ContractError ? error.error.code : String(error)),
  );
