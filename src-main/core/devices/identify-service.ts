/** Makes the light of a drive blink for some seconds, so that a person finds it. One at a time for each drive. */
import { ContractError, fail } from '@contract/errors.ts';
import type { EngineBlink } from '../jobs/engine.ts';
import type { Shown } from './unmount-service.ts';

export interface IdentifyService {
  /**
   * Resolves when it has stopped: by itself, or (`stopped`) because somebody asked. `prepare` is waited for before the drive
   * is looked at; if it rejects, nothing blinks.
   */
  blink(shown: Shown, prepare?: () => Promise<void>): Promise<{ stopped: boolean }>;
  /** Stops it; nothing happens where nothing blinks. */
  stop(path: string): void;
  stopAll(): void;
}

interface Light {
  /** Null: the drive is still being looked at, and nothing blinks yet. */
  blink: EngineBlink | null;
  stopped: boolean;
}

/** The blinking itself ends by its own clock; longer than this a drive gives no answer. */
const patienceMs = 15_000;

/** `begin` starts the reading of a drive; `demand` rejects unless what was shown is still at that path. */
export function createIdentifyService(
  begin: (path: string) => EngineBlink,
  demand: (shown: Shown) => Promise<unknown>,
): IdentifyService {
  const lights = new Map<string, Light>();

  async function untilOver(blink: EngineBlink): Promise<{ stopped: boolean }> {
    const late = setTimeout(() => blink.stop(), patienceMs);
    try {
      const end = await blink.finished;
      if ('error' in end) throw new ContractError(end.error);
      return { stopped: end.stopped };
    } finally {
      clearTimeout(late);
    }
  }

  function stop(path: string): void {
    const light = lights.get(path);
    if (!light) return;
    light.stopped = true;
    light.blink?.stop();
  }

  return {
    async blink(shown, prepare) {
      const { path } = shown;
      if (lights.has(path)) fail('busy');
      const light: Light = { blink: null, stopped: false };
      lights.set(path, light);
      try {
        await prepare?.();
        await demand(shown);
        if (light.stopped) return { stopped: true };
        light.blink = begin(path);
        return await untilOver(light.blink);
      } finally {
        lights.delete(path);
      }
    },
    stop,
    stopAll() {
      for (const path of lights.keys()) stop(path);
    },
  };
}
