// The sources of one folder become one compilation, which reads the headers they share once. Takes all
// sources and prints those that are to be compiled instead; run by binding.gyp, in its own folder.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const into = 'build/jumbo';
/** C, and what some processors only can run, is compiled by itself. */
const alone = (file) => !file.endsWith('.cpp') || file.startsWith('base/');

const folders = new Map();
for (const file of process.argv.slice(2)) {
  const folder = alone(file) ? file : path.posix.dirname(file);
  folders.set(folder, [...(folders.get(folder) ?? []), file]);
}
mkdirSync(into, { recursive: true });
for (const [folder, files] of folders) {
  if (files.length === 1) {
    console.log(files[0]);
    continue;
  }
  const whole = `${into}/${folder.replaceAll('/', '-')}.cpp`;
  const text = files.map((file) => `#include "${file}"\n`).join('');
  // Written only where it changed: what is older than its object is not compiled again.
  if (!existsSync(whole) || readFileSync(whole, 'utf8') !== text) writeFileSync(whole, text);
  console.log(whole);
}
