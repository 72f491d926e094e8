import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaultSettings } from '@contract/groups/settings.ts';
import { seal } from '../sealed-json.ts';
import { copyOf, loadSettings, notKnown, parseSettings } from './settings-store.ts';

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
    expect(await readdir(dir)).toEqual(['settings.json', 'settings.json.copy']);
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

  const damages = [
    '',
    'no JSON',
    'null',
    '[]',
    '{}',
    '{"version":"x","settings":{}}',
    '{"version":1,"settings":',
    '{"version":0,"settings":{"protectedSerials":"S1"}}',
    '{"version":0,"settings":{"protectedSerials":["S1",7]}}',
    seal({ version: 99, settings: { protectedSerials: { S1: true } } }),
  ];

  it.each(damages)(
    'of a damaged file (%s) protect every drive until somebody puts it away, and that is said',
    async (text) => {
      await writeFile(path, text);
      // The second time as the first: what was said once is not forgotten.
      for (let start = 0; start < 2; start += 1) {
        const { store, warning } = await load();
        const said = { code: 'settings-damaged', params: { path } };
        expect(store.current).toEqual(defaultSettings);
        expect(store.protects).toEqual([notKnown]);
        expect(warning).toEqual(said);
        await expect(store.change({ theme: 'dark' })).rejects.toMatchObject({ error: said });
        expect(await readFile(path, 'utf8')).toBe(text);
      }
      await rename(path, `${path}.old`);
      const { store, warning } = await load();
      expect([warning, store.protects]).toEqual([null, []]);
    },
  );

  it('that may not be read are damaged, too', async () => {
    await mkdir(path);
    const { store, warning } = await load();
    expect(store.protects).toEqual([notKnown]);
    expect(warning?.code).toBe('settings-damaged');
  });

  it.each(damages)('of a damaged file (%s) are restored from their copy, and that is said', async (text) => {
    await (await load()).store.change({ protectedSerials: ['S1'], theme: 'dark' });
    await writeFile(path, text);
    const { store, warning } = await load();
    expect(store.current).toEqual({ ...defaultSettings, protectedSerials: ['S1'], theme: 'dark' });
    expect(store.protects).toEqual(['S1']);
    expect(warning).toEqual({ code: 'settings-restored', params: { path } });
    expect(await readFile(`${path}.damaged-1234`, 'utf8')).toBe(text);
    const again = await load();
    expect([again.warning, again.store.protects]).toEqual([null, ['S1']]);
    await again.store.change({ protectedSerials: ['S2'] });
    expect((await load()).store.protects).toEqual(['S2']);
  });

  it('that are gone are restored from their copy', async () => {
    await (await load()).store.change({ protectedSerials: ['S1'] });
    await rm(path);
    const { store, warning } = await load();
    expect([warning?.code, store.protects]).toEqual(['settings-restored', ['S1']]);
  });

  it('of which both files are damaged, or only the copy is left and damaged, are not known', async () => {
    await writeFile(copyOf(path), 'torn');
    expect((await load()).warning).toEqual({ code: 'settings-damaged', params: { path: copyOf(path) } });
    await writeFile(path, 'torn');
    expect((await load()).warning).toEqual({ code: 'settings-damaged', params: { path } });
    await writeFile(path, JSON.stringify({ version: 0, settings: { protectedSerials: ['S1'] } }));
    const { store, warning } = await load();
    expect([warning, store.protects]).toEqual([null, ['S1']]);
  });

  it('are written to the copy first: it is never the older one', async () => {
    const { store } = await load();
    await mkdir(path); // nothing can be put in its place
    await expect(store.change({ protectedSerials: ['S1'] })).rejects.toMatchObject({
      error: { code: 'settings-not-saved' },
    });
    expect(parseSettings(await readFile(copyOf(path), 'utf8')).protectedSerials).toEqual(['S1']);
  });

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
