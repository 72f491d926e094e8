/** From keys to commands. One table, which the help shows too. Pure. */

export const commands = [
  'nextZone',
  'previousZone',
  'details',
  'mark',
  'markAll',
  'add',
  'source',
  'approve',
  'verify',
  'retry',
  'eject',
  'identify',
  'catchUp',
  'stop',
  'read',
  'openImage',
  'filter',
  'history',
  'settings',
  'disarm',
  'help',
] as const;
export type Command = (typeof commands)[number];

/** A key press, as far as it matters here. */
export interface KeyPress {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
}

/** `ctrl` is the command key on a Mac. Letters are matched whatever the case. */
export interface Binding {
  command: Command;
  key: string;
  ctrl?: true;
  shift?: true;
  /** Also while a text is being typed. */
  whileTyping?: true;
}

export const bindings: readonly Binding[] = [
  { command: 'nextZone', key: 'F6', whileTyping: true },
  { command: 'previousZone', key: 'F6', shift: true, whileTyping: true },
  { command: 'details', key: 'Enter' },
  { command: 'mark', key: ' ' },
  { command: 'markAll', key: 'a', ctrl: true },
  { command: 'add', key: 'a' },
  { command: 'source', key: 's' },
  { command: 'approve', key: 'Enter', ctrl: true },
  { command: 'verify', key: 'v' },
  { command: 'retry', key: 'r' },
  { command: 'eject', key: 'e' },
  { command: 'identify', key: 'i' },
  { command: 'catchUp', key: 'l' },
  { command: 'stop', key: 'Delete' },
  { command: 'read', key: 'p' },
  { command: 'openImage', key: 'o', ctrl: true },
  { command: 'filter', key: 'f', ctrl: true },
  { command: 'history', key: 'h' },
  { command: 'settings', key: ',', ctrl: true },
  { command: 'disarm', key: 'd' },
  { command: 'help', key: 'F1', whileTyping: true },
];

/** The command of a key press, or null. */
export function commandOf(press: KeyPress, typing = false): Command | null {
  if (press.altKey) return null;
  const ctrl = press.ctrlKey || press.metaKey;
  const key = press.key.length === 1 ? press.key.toLowerCase() : press.key;
  const found = bindings.find(
    (one) =>
      one.key === key &&
      (one.ctrl ?? false) === ctrl &&
      (key.length === 1 || (one.shift ?? false) === press.shiftKey) &&
      (!typing || one.whileTyping),
  );
  return found?.command ?? null;
}

/** The keys of a binding, for people: `Ctrl`, `Enter`. */
export const keysOf = ({ key, ctrl, shift }: Binding): string[] => [
  ...(ctrl ? ['Ctrl'] : []),
  ...(shift ? ['Shift'] : []),
  key === ' ' ? 'Space' : key.length === 1 ? key.toUpperCase() : key,
];

/** Two digits belong together when the second comes within this time. */
const digitsWithinMs = 600;

/** Collects digits into the number of a port. */
export function createDigitJump(): (key: string, now: number) => number | null {
  let typed = '';
  let last = Number.NEGATIVE_INFINITY;
  return (key, now) => {
    if (!/^\d$/.test(key)) return null;
    typed = now - last <= digitsWithinMs && typed.length < 2 ? typed + key : key;
    last = now;
    return Number(typed);
  };
}

/** Where an arrow leads in a grid that is filled row by row, left to right; null when nowhere. */
export function gridStep(key: string, index: number, count: number, columns: number): number | null {
  const wanted = {
    ArrowLeft: index - 1,
    ArrowRight: index + 1,
    ArrowUp: index - columns,
    ArrowDown: index + columns,
    Home: 0,
    End: count - 1,
  }[key];
  if (wanted === undefined || wanted < 0) return null;
  if (wanted < count) return wanted;
  // Downwards into a last row that is shorter: its last cell.
  const lastRow = Math.floor((count - 1) / columns);
  return key === 'ArrowDown' && Math.floor(index / columns) < lastRow ? count - 1 : null;
}
