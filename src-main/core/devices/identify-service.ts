/** Makes the light of a drive blink for some seconds, so that a person finds it. One at a time for each drive. */
import { ContractError, fail } from '@contract/errors.ts';
import type { EngineBlink } from '../jobs/engine.ts';
import type { Shown } from './unmount-service.ts';

export interface IdentifyService {
  /** Resolves when it has stopped: by itself, or (`stopped`) because somebody asked. */
  blink(shown: Shown): Promise<{ stopped: boolean }>;
  /** Stops it; nothing happens where nothing blinks. */
  stop(path: string): void;
  stopAll(): void;
}

/** The blinking itself ends by its own clock; longer than this a drive gives no answer. */
const patienceMs = 15_000;

/** `begin` starts the reading of a drive; `demand` rejects unless what was shown is still at that path. */
export function createIdentifyService(
  begin: (path: string) => EngineBlink,
  demand: (shown: Shown) => Promise<unknown>,
): IdentifyService {
  const blinking = new Map<string, EngineBlink>();
  return {
    async blink(shown) {
      const { path } = shown;
      await demand(shown);
      if (blinking.has(path)) fail('busy');
      const blink = begin(path);
      blinking.set(path, blink);
      const late = setTimeout(() => blink.stop(), patienceMs);
      try {
        const end = await blink.finished;
        if ('error' in end) throw new ContractError(end.error);
        return { stopped: end.stopped };
      } finally {
        clearTimeout(late);
        blinking.delete(path);
      }
    },
    stop: (path) => blinking.get(path)?.stop(),
    stopAll() {
      for (const blink of blinking.values()) blink.stop();
    },
  };
}
