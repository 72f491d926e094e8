import { expect, test } from 'vitest';
import { findHelper, HelperNotFound, isPackaged } from './helper-path.ts';

const only =
  (...paths: string[]) =>
  (path: string): boolean =>
    paths.includes(path);

test('in a checkout the built helper is found from the sources and from the bundle', () => {
  const isFile = only('/src/carousel/native-helpers/build/Release/carousel-helper');
  for (const codeFolder of ['/src/carousel/src-main/core/helper', '/src/carousel/dist/main'])
    expect(findHelper({ codeFolder, env: {}, isFile })).toBe(
      '/src/carousel/native-helpers/build/Release/carousel-helper',
    );
});

test('in a checkout the environment may name another one, and a wrong name is an error', () => {
  const search = { codeFolder: '/src/carousel/dist/main', env: { CAROUSEL_HELPER: '/x/debug-helper' } };
  expect(findHelper({ ...search, isFile: only('/x/debug-helper') })).toBe('/x/debug-helper');
  const isFile = only('/src/carousel/native-helpers/build/Release/carousel-helper');
  expect(() => findHelper({ ...search, isFile })).toThrow(HelperNotFound);
});

test('in an installed app only its own helper counts', () => {
  const codeFolder = '/opt/Carousel/resources/app.asar/dist/main';
  const env = { CAROUSEL_HELPER: '/tmp/evil' };
  const own = '/opt/Carousel/resources/helpers/carousel-helper';
  expect(findHelper({ codeFolder, env, isFile: () => true })).toBe(own);
  expect(() => findHelper({ codeFolder, env, isFile: only('/tmp/evil') })).toThrow(own);
});

test.each([
  ['/opt/Carousel/resources/app.asar/dist/main', true],
  ['/opt/Carousel/resources/app/dist/main', true],
  ['/home/me/resources/carousel/dist/main', false],
  ['/home/me/carousel/dist/main', false],
])('packaged: %s %s', (folder, expected) => {
  expect(isPackaged(folder)).toBe(expected);
});
