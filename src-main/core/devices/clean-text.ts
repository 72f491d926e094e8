/** Labels, serial numbers and models come from whoever made the stick. What people get to see of them is cleaned here. */

/** As much of a name as anybody reads; in code points, so at most twice as many UTF-16 units. */
export const maxNameLength = 64;

/** Letters that draw nothing and so could hide a difference between two names. */
const invisibleLetters =
  /\u034f|\u115f|\u1160|\u17b4|\u17b5|\u2800|\u3164|\uffa0|[\ufe00-\ufe0f]|[\u{e0100}-\u{e01ef}]/gu;
/** Controls, direction marks, zero-width characters, private use, halves of pairs, line separators, unassigned. */
const forbidden = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\p{Zl}\p{Zp}]/gu;
/** More marks on one letter than any language needs: they would paint over the neighbours. */
const markPile = /(\p{M}{2})\p{M}+/gu;

/** The text without anything that could mislead the eye or the screen; null when nothing is left of it. */
export function cleanText(text: string | null | undefined, maxLength: number = maxNameLength): string | null {
  if (text === null || text === undefined) return null;
  const clean = text
    .slice(0, 65_536)
    .normalize('NFC')
    .replace(/[\t\n\v\f\r\u0085]+/g, ' ')
    .replace(invisibleLetters, '')
    .replace(forbidden, '')
    .replace(markPile, '$1')
    .replace(/\p{Zs}+/gu, ' ')
    .trim();
  if (clean === '') return null;
  const points = Array.from(clean);
  return points.length <= maxLength ? clean : `${points.slice(0, maxLength - 1).join('')}…`;
}
