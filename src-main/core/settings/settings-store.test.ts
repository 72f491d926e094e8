import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaultSettings } from '@contract/groups/settings.ts';
import { seal } from '../sealed-json.ts';
import { loadSettings, parseSettings } from './settings-store.ts';

let dir = '';
let path = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'carousel-settings-'));
  path = join(dir, 'settings.json');
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const load = () => loadSettings(path, () => 1234);

describe('settings', () => {
  it('begin with the defaults', async () => {
    const { store, warning } = await load();
    expect(store.current).toEqual(defaultSettings);
    expect(warning).toBeNull();
  });

  it('are there again after a restart', async () => {
    const { store } = await load();
    await store.change({ theme: 'dark', job: { verify: false } });
    const again = await load();
    expect(again.store.current).toEqual({
      ...defaultSettings,
      theme: 'dark',
      job: { ...defaultSettings.job, verify: false },
    });
    expect(await readdir(dir)).toEqual(['settings.json']);
  });

  it('changed at the same time are all kept', async () => {
    const { store } = await load();
    await Promise.all([
      store.change({ sounds: false }),
      store.change({ theme: 'light' }),
      store.change({ textScale: 1.5 }),
    ]);
    expect((await load()).store.current).toMatchObject({ sounds: false, theme: 'light', textScale: 1.5 });
  });

  it('that lost their check are damaged', () => {
    expect(() => parseSettings('{"version":1,"settings":{}}')).toThrow('check');
  });

  it.each(['', 'no JSON', 'null', '[]', '{}', '{"version":"x","settings":{}}', '{"version":1,"settings":'])(
    'of a damaged file (%s) are kept aside, and that is said',
    async (text) => {
      await writeFile(path, text);
      const { store, warning } = await load();
      expect(store.current).toEqual(defaultSettings);
      expect(warning).toEqual({ code: 'settings-damaged', params: { keptAs: `${path}.damaged-1234` } });
      expect(await readFile(`${path}.damaged-1234`, 'utf8')).toBe(text);
    },
  );

  it('that are out of range take their default; the others stay', () => {
    const text = JSON.stringify({
      version: 0,
      settings: { theme: 'pink', sounds: false, unknown: 1, job: { slots: 1e9, verify: false } },
    });
    expect(parseSettings(text)).toEqual({ ...defaultSettings, sounds: false });
    const partial = seal({ version: 99, settings: { job: { verify: false } } });
    expect(parseSettings(partial).job).toEqual({ ...defaultSettings.job, verify: false });
  });

  it('that cannot be written are not changed', async () => {
    const { store } = await loadSettings(join(dir, 'settings.json', 'not-a-folder', 'x.json'), () => 1);
    await writeFile(path, 'a file where a folder should be');
    await expect(store.change({ sounds: false })).rejects.toMatchObject({
      error: { code: 'settings-not-saved' },
    });
    expect(store.current.sounds).toBe(true);
  });
});
