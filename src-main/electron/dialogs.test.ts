import type { BrowserWindow } from 'electron';
import { beforeEach, expect, it } from 'vitest';
import { showAbout } from './about.ts';
import { createFileDialogs } from './file-dialogs.ts';
import { menuTemplate } from './menu.ts';
import { fakeElectron, type FakeElectron } from './testing/fake-electron.ts';
import { languages, textsFor } from './texts.ts';

const texts = textsFor('en', []);
const window = {} as BrowserWindow;
let parts: FakeElectron;
beforeEach(() => void (parts = fakeElectron()));

it('About names version and licence, and leads to the notices', async () => {
  const about = { version: '0.1.0', electron: '45.4.1', notices: '/app/third-party-notices.txt' };
  await showAbout(parts.electron, window, texts, about);
  expect(parts.fake.shell.openPath).not.toHaveBeenCalled();
  const [, shown] = parts.fake.dialog.showMessageBox.mock.calls[0] as unknown as [
    unknown,
    { detail: string },
  ];
  expect(shown.detail).toMatch(/Version 0\.1\.0.*Apache License 2\.0.*45\.4\.1/s);
  parts.fake.dialog.showMessageBox.mockResolvedValue({ response: 1 });
  await showAbout(parts.electron, window, texts, about);
  expect(parts.fake.shell.openPath).toHaveBeenCalledExactlyOnceWith(about.notices);
});

it('says so when the notices cannot be opened', async () => {
  parts.fake.dialog.showMessageBox.mockResolvedValueOnce({ response: 1 });
  parts.fake.shell.openPath.mockResolvedValue('no program for it');
  await showAbout(parts.electron, window, texts, { version: '1', electron: '1', notices: '/gone' });
  expect(parts.fake.dialog.showMessageBox).toHaveBeenCalledTimes(2);
});

it('file dialogs answer with a path, or null without a choice or a window', async () => {
  const dialogs = createFileDialogs(
    parts.electron,
    () => window,
    () => texts,
  );
  expect(await dialogs.pick('open-image')).toBe('/home/a/b.img');
  expect(await dialogs.pick('save-image')).toBeNull();
  expect(
    await createFileDialogs(
      parts.electron,
      () => null,
      () => texts,
    ).pick('open-image'),
  ).toBeNull();
});

it.each(Object.keys(languages))('the menu has a word for everything (%s)', (language) => {
  const actions = { about: () => undefined, notices: () => undefined };
  for (const platform of ['linux', 'darwin', 'win32']) {
    const menu = menuTemplate(textsFor(language, []), { platform, development: false, actions });
    const items = menu.flatMap(({ submenu }) => (Array.isArray(submenu) ? submenu : []));
    expect(items.filter(({ type, label }) => type !== 'separator' && !label)).toEqual([]);
    expect(items.map(({ role }) => role)).not.toContain('toggleDevTools');
  }
});
