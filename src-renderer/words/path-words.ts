/** Paths for reading. Strangers name files and other machines name targets, so nothing in a path may rearrange or hide what stands there. Pure. */

/** Control characters, line ends, and what sets the direction of writing or has no width (Unicode categories Cc, Cf, Zl, Zp). */
const hidden = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** The path with each hidden character as its code: `photo\u{202E}gpj.exe`. For the eye only, never to open a file with. */
export const shownPath = (path: string): string =>
  path.replace(
    hidden,
    (one) => `\\u{${(one.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}}`,
  );

/** The last part of a path: what tells the targets of one station apart. */
export const shortPath = (path: string): string => shownPath(path.split(/[\\/]/).at(-1) || path);
