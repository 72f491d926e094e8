/** Our own icons: strokes on a 20 by 20 grid. */
export const iconPaths = {
  plus: 'M10 4v12M4 10h12',
  close: 'M5 5l10 10M15 5L5 15',
  more: 'M4.4 10a.5.5 0 1 0 1 0a.5.5 0 1 0-1 0M9.5 10a.5.5 0 1 0 1 0a.5.5 0 1 0-1 0M14.6 10a.5.5 0 1 0 1 0a.5.5 0 1 0-1 0',
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
  search: 'M8.5 3a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11zM12.5 12.5l4.5 4.5',
  retry: 'M15.8 8A6.2 6.2 0 1 0 16 12M16 4v4h-4',
  stop: 'M5.5 5.5h9v9h-9z',
  check: 'M4 10.5l4 4 8-9',
  machines: 'M2.5 3.5h9v7h-9zM5 13h4M11.5 7.5h6v8h-6zM13.5 13h2',
  back: 'M12 4L6 10l6 6M6 10h11',
  clock: 'M10 6v4.2l2.8 1.8M10 2.8a7.2 7.2 0 1 0 0 14.4a7.2 7.2 0 1 0 0-14.4z',
  chevron: 'M7 4l6 6-6 6',
  gauge: 'M3.2 14.5a7.3 7.3 0 1 1 13.6 0M10 11.5l3.4-4.2M10 12.6h.01',
  eject: 'M10 4l6 7H4zM4 15h12',
  light:
    'M10 6.2a3.8 3.8 0 1 0 0 7.6a3.8 3.8 0 1 0 0-7.6zM10 2v1.6M10 16.4V18M2 10h1.6M16.4 10H18M4.3 4.3l1.2 1.2M14.5 14.5l1.2 1.2M15.7 4.3l-1.2 1.2M5.5 14.5l-1.2 1.2',
  heal: 'M8 3h4v5h5v4h-5v5H8v-5H3V8h5z',
  bays: 'M3 4h5v5H3zM12 4h5v5h-5zM3 12h5v5H3zM12 12h5v5h-5z',
  bolt: 'M11 2.5L4.5 11.5H9.5L9 17.5L15.5 8.5H10.5z',
  catchUp: 'M6 3v10M3 10l3 3.5L9 10M14 3v10M11 10l3 3.5 3-3.5M3 17h14',
} as const;

export type IconName = keyof typeof iconPaths;
