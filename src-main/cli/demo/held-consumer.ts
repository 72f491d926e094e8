// Holds up one target for a moment, by stopping the process that writes it. That is how a slow stick looks to the rest.

/** A stopped process; `release` may be called more than once. */
export interface Hold {
  release(): void;
}

/** Stops a process of this user; undefined where that cannot be done. */
export function holdUp(pid: number | null | undefined): Hold | undefined {
  if (!pid || pid <= 1 || !signal(pid, 'SIGSTOP')) return undefined;
  let held = true;
  const release = (): void => {
    if (held) signal(pid, 'SIGCONT');
    held = false;
    process.off('exit', release);
  };
  process.on('exit', release);
  return { release };
}

function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false; // gone already, or not ours: then it is not held up
  }
}
