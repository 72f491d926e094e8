/** Our own icons: strokes on a 20 by 20 grid. */
export const iconPaths = {
  plus: 'M10 4v12M4 10h12',
  close: 'M5 5l10 10M15 5L5 15',
  more: 'M5 10h.01M10 10h.01M15 10h.01',
  settings: 'M3 6h8M15 6h2M3 14h2M9 14h8M13 4v4M7 12v4',
  keyboard: 'M2.5 5.5h15v9h-15zM5.5 8.5h.01M8.5 8.5h.01M11.5 8.5h.01M14.5 8.5h.01M6.5 11.5h7',
  info: 'M10 9v5M10 6.2h.01M10 2.8a7.2 7.2 0 1 0 0 14.4a7.2 7.2 0 1 0 0-14.4z',
  warning: 'M10 3L18 16.5H2zM10 8v4M10 14.2h.01',
  lock: 'M5 9h10v8H5zM7 9V6.5a3 3 0 0 1 6 0V9',
  stick: 'M7 2.5h6V7H7zM5.5 7h9v8.5a2 2 0 0 1-2 2h-5a2 2 0 0 1-2-2zM9 4.7h.01M11 4.7h.01',
  disk: 'M3 5.5h14v9H3zM3 11h14M14 12.8h.01',
  card: 'M6 2.5h6.5l2 2v13h-9v-14zM8 5v2.5M10 5v2.5M12 5v2.5',
  image: 'M5 2.5h6.5L15 6v11.5H5zM11.5 2.5V6H15M10 9.2a2.4 2.4 0 1 0 0 4.8a2.4 2.4 0 1 0 0-4.8z',
  graph: 'M3 3v14h14M5.5 13l3.5-4 3 2.5L16.5 6',
  retry: 'M15.8 8A6.2 6.2 0 1 0 16 12M16 4v4h-4',
  stop: 'M5.5 5.5h9v9h-9z',
  check: 'M4 10.5l4 4 8-9',
  chevron: 'M7 4l6 6-6 6',
  catchUp: 'M6 3v10M3 10l3 3.5L9 10M14 3v10M11 10l3 3.5 3-3.5M3 17h14',
} as const;

export type IconName = keyof typeof iconPaths;
