/** The menu bar: short, because the page has the controls. */
import type { MenuItemConstructorOptions } from 'electron';
import type { Texts } from './texts.ts';

export interface MenuActions {
  about(): void;
  notices(): void;
}

export interface MenuOptions {
  platform: string;
  /** Reload and developer tools: not in a packaged app. */
  development: boolean;
  actions: MenuActions;
}

const separator: MenuItemConstructorOptions = { type: 'separator' };

/** The template for a language. */
export function menuTemplate(texts: Texts, options: MenuOptions): MenuItemConstructorOptions[] {
  const mac = options.platform === 'darwin';
  const about = { label: texts.about, click: () => options.actions.about() };
  const quit: MenuItemConstructorOptions = { role: 'quit', label: texts.quit };
  const development: MenuItemConstructorOptions[] = [
    separator,
    { role: 'reload', label: texts.reload },
    { role: 'toggleDevTools', label: texts.devTools },
  ];
  return [
    mac
      ? {
          label: 'Carousel',
          submenu: [about, separator, { role: 'hide', label: texts.hide }, separator, quit],
        }
      : { label: texts.file, submenu: [quit] },
    {
      label: texts.edit,
      submenu: [
        { role: 'undo', label: texts.undo },
        { role: 'redo', label: texts.redo },
        separator,
        { role: 'cut', label: texts.cut },
        { role: 'copy', label: texts.copy },
        { role: 'paste', label: texts.paste },
        { role: 'selectAll', label: texts.selectAll },
      ],
    },
    {
      label: texts.view,
      submenu: [
        { role: 'zoomIn', label: texts.zoomIn },
        { role: 'zoomOut', label: texts.zoomOut },
        { role: 'resetZoom', label: texts.zoomReset },
        separator,
        { role: 'togglefullscreen', label: texts.fullScreen },
        ...(options.development ? development : []),
      ],
    },
    {
      role: 'help',
      label: texts.help,
      submenu: [
        { label: texts.notices, click: () => options.actions.notices() },
        ...(mac ? [] : [separator, about]),
      ],
    },
  ];
}
