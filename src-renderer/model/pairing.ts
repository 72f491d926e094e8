/** Exchanges a code for a key, which the browser keeps and no script sees. */
import { appError, appErrorSchema, type AppError } from '@contract/errors.ts';
import { z } from '@contract/zod.ts';

const refusalSchema = z.object({ error: appErrorSchema });

/** Null when it worked, else why not. */
export async function pairThisBrowser(code: string, name: string): Promise<AppError | null> {
  try {
    const answer = await fetch('/pair', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ code, name }),
    });
    if (answer.ok) return null;
    return refusalSchema.safeParse(await answer.json()).data?.error ?? appError('internal');
  } catch {
    return appError('disconnected');
  }
}

/** What a browser says it runs on, for the list of devices. */
export function deviceKind(userAgent: string): string {
  const kinds: readonly (readonly [RegExp, string])[] = [
    [/iPhone/, 'iPhone'],
    [/iPad/, 'iPad'],
    [/Android/, 'Android'],
    [/Windows/, 'Windows'],
    [/Mac OS X|Macintosh/, 'Mac'],
    [/Linux|X11/, 'Linux'],
  ];
  return kinds.find(([pattern]) => pattern.test(userAgent))?.[1] ?? 'Browser';
}
