import { expect, it, vi } from 'vitest';

const electron = vi.hoisted(() => ({
  ipcRenderer: { on: vi.fn(), removeAllListeners: vi.fn(), send: vi.fn() },
  contextBridge: { exposeInMainWorld: vi.fn() },
  webUtils: { getPathForFile: vi.fn(() => '/home/me/image.img') },
}));
vi.mock('electron', () => electron);

it('exposes one object with four functions, and nothing of Electron through them', async () => {
  await import('./index.ts');
  const { exposeInMainWorld } = electron.contextBridge;
  expect(exposeInMainWorld).toHaveBeenCalledOnce();
  const [name, bridge] = exposeInMainWorld.mock.calls[0] as [
    string,
    Record<string, (...values: unknown[]) => unknown>,
  ];
  expect(name).toBe('carouselBridge');
  expect(Object.keys(bridge).sort()).toEqual(['close', 'on', 'pathOf', 'post']);

  expect(bridge['post']?.('hello')).toBeUndefined();
  expect(bridge['close']?.()).toBeUndefined();
  const receive = vi.fn();
  expect(bridge['on']?.(receive, vi.fn())).toBeUndefined();
  expect(electron.ipcRenderer.send.mock.calls).toEqual([
    ['carousel:text', 'hello'],
    ['carousel:close'],
    ['carousel:open'],
  ]);
  // The event object of Electron stays here.
  const listener = electron.ipcRenderer.on.mock.calls[0]?.[1] as (...values: unknown[]) => void;
  listener({ sender: 'secret' }, 'text');
  expect(receive).toHaveBeenCalledExactlyOnceWith('text');

  const file = new File([], 'image.img');
  expect(bridge['pathOf']?.(file)).toBe('/home/me/image.img');
  expect(electron.webUtils.getPathForFile).toHaveBeenCalledExactlyOnceWith(file);
});
