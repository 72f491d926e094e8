/** Opens the person's browser. */
import { spawn } from 'node:child_process';
import type { OpenExternal } from '../core/ports.ts';

function opener(): readonly [string, ...string[]] {
  if (process.platform === 'darwin') return ['open'];
  if (process.platform === 'win32') return ['explorer.exe'];
  return ['xdg-open'];
}

/** Uses what the system offers; rejects when there is nothing. */
export const openExternal: OpenExternal = {
  open: (url) =>
    new Promise((resolve, reject) => {
      const [program, ...args] = opener();
      const child = spawn(program, [...args, url], { detached: true, stdio: 'ignore' });
      child.once('error', reject);
      child.once('spawn', () => {
        child.unref();
        resolve();
      });
    }),
};
