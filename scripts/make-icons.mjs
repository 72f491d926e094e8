// Renders assets/icon.svg (and icon-small.svg for 32 pixels and fewer) in every size and container that the packages
// want. What it writes is kept in the repository; run it again after a change of the drawings.

import { Buffer } from 'node:buffer';
import fs from 'node:fs';
import process from 'node:process';
import { chromium } from '@playwright/test';
import { browserAdvice, browserArguments, findBrowser } from '../e2e/find-browser.mjs';
import { fail, inRoot } from './lib.mjs';

const pngSizes = [16, 22, 24, 32, 48, 64, 96, 128, 256, 512, 1024];
const icoSizes = [16, 24, 32, 48, 64, 128, 256];
/** Apple's names for a PNG of this size. */
const icnsTypes = [
  ['ic07', 128],
  ['ic08', 256],
  ['ic09', 512],
  ['ic10', 1024],
  ['ic11', 32],
  ['ic12', 64],
  ['ic13', 256],
  ['ic14', 512],
];
/** The largest size for which the simplified drawing is used. */
const small = 32;
/** Apple's icons leave more room around the drawing. */
const macMargin = 0.07;

/* global document, Image */
/** Runs in the browser: one drawing at one size, as PNG and as pixels. */
async function draw({ svg, size, margin }) {
  const image = new Image();
  image.src = `data:image/svg+xml;base64,${svg}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = size;
  const context = canvas.getContext('2d');
  const inset = size * margin;
  context.drawImage(image, inset, inset, size - 2 * inset, size - 2 * inset);
  const toBase64 = (bytes) => {
    let text = '';
    for (let at = 0; at < bytes.length; at += 8192)
      text += String.fromCharCode(...bytes.subarray(at, at + 8192));
    return btoa(text);
  };
  return {
    png: canvas.toDataURL('image/png').split(',')[1],
    pixels: toBase64(context.getImageData(0, 0, size, size).data),
  };
}

/** A Windows icon image without compression, which every program can read: bottom row first, blue first, then an empty mask. */
function bitmap(pixels, size) {
  const header = Buffer.alloc(40);
  header.writeUInt32LE(40, 0);
  header.writeInt32LE(size, 4);
  header.writeInt32LE(size * 2, 8); // colours and mask
  header.writeUInt16LE(1, 12);
  header.writeUInt16LE(32, 14);
  header.writeUInt32LE(size * size * 4, 20);
  const colours = Buffer.alloc(size * size * 4);
  for (let y = 0; y < size; y += 1)
    for (let x = 0; x < size; x += 1) {
      const from = (y * size + x) * 4;
      const to = ((size - 1 - y) * size + x) * 4;
      const [red, green, blue, alpha] = pixels.subarray(from, from + 4);
      colours.set([blue, green, red, alpha], to);
    }
  const maskRow = Math.ceil(size / 32) * 4;
  return Buffer.concat([header, colours, Buffer.alloc(maskRow * size)]);
}

/** @param {{ size: number, data: Buffer }[]} images */
function ico(images) {
  const head = Buffer.alloc(6 + 16 * images.length);
  head.writeUInt16LE(1, 2);
  head.writeUInt16LE(images.length, 4);
  let offset = head.length;
  images.forEach(({ size, data }, index) => {
    const at = 6 + 16 * index;
    head.writeUInt8(size % 256, at); // 0 stands for 256
    head.writeUInt8(size % 256, at + 1);
    head.writeUInt16LE(1, at + 4);
    head.writeUInt16LE(32, at + 6);
    head.writeUInt32LE(data.length, at + 8);
    head.writeUInt32LE(offset, at + 12);
    offset += data.length;
  });
  return Buffer.concat([head, ...images.map(({ data }) => data)]);
}

/** @param {{ type: string, data: Buffer }[]} images */
function icns(images) {
  const chunk = (type, data) => {
    const head = Buffer.alloc(8);
    head.write(type, 'latin1');
    head.writeUInt32BE(data.length + 8, 4);
    return Buffer.concat([head, data]);
  };
  return chunk('icns', Buffer.concat(images.map(({ type, data }) => chunk(type, data))));
}

const executablePath = await findBrowser();
if (executablePath === undefined) fail(browserAdvice);
const browser = await chromium.launch({ executablePath, args: browserArguments });
try {
  const page = await browser.newPage();
  const drawing = (name) => fs.readFileSync(inRoot('assets', name)).toString('base64');
  const [large, simple] = [drawing('icon.svg'), drawing('icon-small.svg')];
  const render = async (size, margin = 0) => {
    const { png, pixels } = await page.evaluate(draw, { svg: size <= small ? simple : large, size, margin });
    return { size, png: Buffer.from(png, 'base64'), pixels: Buffer.from(pixels, 'base64') };
  };

  fs.mkdirSync(inRoot('assets/icons'), { recursive: true });
  for (const size of pngSizes)
    fs.writeFileSync(inRoot('assets/icons', `${size}x${size}.png`), (await render(size)).png);

  const forWindows = [];
  for (const size of icoSizes) {
    const { png, pixels } = await render(size);
    forWindows.push({ size, data: size === 256 ? png : bitmap(pixels, size) });
  }
  fs.writeFileSync(inRoot('assets/icon.ico'), ico(forWindows));

  const forMac = [];
  for (const [type, size] of icnsTypes)
    forMac.push({ type, data: (await render(size, size <= small ? 0 : macMargin)).png });
  fs.writeFileSync(inRoot('assets/icon.icns'), icns(forMac));
} finally {
  await browser.close();
}
process.stderr.write(`Wrote ${pngSizes.length} sizes, icon.ico and icon.icns\n`);
