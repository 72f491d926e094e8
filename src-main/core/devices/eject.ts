/**
 * Has the system switch a stick off, so that it can be pulled. It is done as this user and never with the helper's rights: by
 * udisks, which writes out what is still in memory and cuts the power of the socket, else by `eject`, where that is installed.
 * Nothing is unmounted here.
 */
import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { ContractError, appError, fail } from '@contract/errors.ts';
import { kindOfRefusal, said } from './unmount.ts';

const run = promisify(execFile);

/** A stick with data that is still on its way takes this long, or hangs. */
const timeoutMs = 60_000;

/** True when udisks can do nothing for this drive, or is not there; another way may. Pure. */
export const isNoUdisks = (text: string): boolean =>
  /error connecting|error looking up|no usb device|not supported|not a usb|no such interface|serviceunknown/i.test(
    text,
  );

async function explain(error: unknown): Promise<never> {
  const text = said(error);
  const kind = kindOfRefusal(text);
  if (kind === 'busy') fail('eject-busy');
  if (kind === 'denied') fail('eject-denied');
  throw new ContractError(appError('eject-failed', { detail: text }));
}

/** Somebody holds it: a copy of another program, a file system, an array. Who may not even look leaves that to the system. */
async function refuseIfHeld(path: string): Promise<void> {
  try {
    const drive = await open(path, constants.O_RDONLY | constants.O_EXCL | constants.O_NONBLOCK);
    await drive.close();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EBUSY') fail('eject-busy');
  }
}

async function switchOffOnLinux(path: string, env: NodeJS.ProcessEnv): Promise<void> {
  await refuseIfHeld(path);
  const options = { env: { ...env, LC_ALL: 'C.UTF-8' }, timeout: timeoutMs };
  try {
    await run('udisksctl', ['power-off', '-b', path], options);
    return;
  } catch (error) {
    const isThere = (error as { code?: unknown }).code !== 'ENOENT';
    if (isThere && !isNoUdisks(said(error))) return explain(error);
  }
  try {
    // Without -m it would unmount by itself.
    await run('eject', ['-m', path], options);
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') fail('eject-unsupported');
    await explain(error);
  }
}

/** Switches a drive off; rejects with a `ContractError` that says why it was not. */
export async function switchOff(path: string, env: NodeJS.ProcessEnv = process.env): Promise<void> {
  switch (process.platform) {
    case 'linux':
      return switchOffOnLinux(path, env);
    case 'darwin':
      await run('diskutil', ['eject', path], { timeout: timeoutMs }).catch(explain);
      return;
    default:
      return fail('unsupported');
  }
}
