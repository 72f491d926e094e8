// A system of its own for services that a desktop has: a system bus, polkit, udisks, in a namespace of mounts that goes with the process
// that holds it. Rules, policies and programs are put there only; the machine never sees them.

import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { HELPER, ROOT, until } from './run.mjs';
import { onPath } from './tools.mjs';

const POLKITD = ['/usr/lib/polkit-1/polkitd', '/usr/libexec/polkitd'].find((file) => fs.existsSync(file));
const UDISKSD = ['/usr/libexec/udisks2/udisksd', '/usr/lib/udisks2/udisksd'].find((file) =>
  fs.existsSync(file),
);
/** Where the package puts the app, and its helper: what the policy file names. */
export const APP = '/opt/Carousel/resources/app';
export const PACKAGED_HELPER = '/opt/Carousel/resources/helpers/carousel-helper';
const START_MS = 20_000;

const script = `
set -e
mount -t tmpfs -o mode=755 none /run
mkdir -p /run/dbus /run/udev/data /run/udisks2
touch /run/udev/control
cp -a "$PLACE/udev/." /run/udev/data/
mount -t tmpfs -o mode=755 none /opt
cp -a "$PLACE/opt/." /opt/
cp -a /usr/share/polkit-1/actions/. "$PLACE/actions/" && mount --bind "$PLACE/actions" /usr/share/polkit-1/actions
mount --bind "$PLACE/rules" /etc/polkit-1/rules.d
if [ -d /etc/sudoers.d ]; then mount --bind "$PLACE/sudoers" /etc/sudoers.d; fi
mkdir "$PLACE/layers" && mount -t tmpfs none "$PLACE/layers" && mkdir "$PLACE/layers/up" "$PLACE/layers/work"
mount -t overlay overlay -o "lowerdir=/usr/bin,upperdir=$PLACE/layers/up,workdir=$PLACE/layers/work" /usr/bin
cp -a "$PLACE/bin/." /usr/bin/
dbus-daemon --system --nofork --nopidfile >"$PLACE/bus.log" 2>&1 & bus=$!
trap 'kill $udisks $polkit $bus; wait' EXIT
while ! [ -S /run/dbus/system_bus_socket ]; do sleep 0.05; done
"$POLKITD" >"$PLACE/polkit.log" 2>&1 & polkit=$!
if [ -n "$UDISKSD" ]; then "$UDISKSD" >"$PLACE/udisks.log" 2>&1 & udisks=$!; fi
has() { dbus-send --system --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.NameHasOwner "string:$1" | grep -q true; }
until has org.freedesktop.PolicyKit1; do kill -0 $polkit; sleep 0.05; done
if [ -n "$UDISKSD" ]; then until has org.freedesktop.UDisks2; do kill -0 $udisks; sleep 0.05; done; fi
echo ready
cat
`;

/** Why there can be no such system here, or false. */
export function noDesktop({ udisks = false } = {}) {
  if (process.getuid?.() !== 0 || process.platform !== 'linux') return 'needs root on Linux';
  for (const name of ['dbus-daemon', 'dbus-send', 'pkexec', 'nsenter', 'unshare', 'setpriv'])
    if (!onPath(name)) return `${name} is missing`;
  if (!POLKITD) return 'polkitd is missing';
  if (udisks && (!UDISKSD || !onPath('udisksctl'))) return 'udisks2 is missing';
  const tried = spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'none', '/opt']);
  return tried.status === 0 ? false : 'no mounts of its own can be had here';
}

/**
 * Starts it; it ends with the test.
 * @param {import('./world.mjs').World} w
 * @param {{ rules?: string, sudoers?: string, programs?: Record<string, string | null>, udisks?: boolean,
 *   udev?: Record<string, string> }} what
 *   rules of polkit; lines of sudo; programs of /usr/bin (null: taken away); udev's data on devices, by "major:minor"
 */
export async function startDesktop(
  w,
  { rules = '', sudoers = '', programs = {}, udisks = false, udev = {} } = {},
) {
  const place = w.path('desktop');
  const put = (name, text, mode = 0o644) => {
    const file = path.join(place, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
    fs.chmodSync(file, mode);
  };
  for (const folder of ['udev', 'actions', 'rules', 'sudoers', 'bin'])
    fs.mkdirSync(path.join(place, folder), { recursive: true });
  fs.chmodSync(w.dir, 0o755);
  put('rules/10-test.rules', rules);
  put('sudoers/test', sudoers, 0o440);
  for (const [name, text] of Object.entries(programs)) if (text !== null) put(`bin/${name}`, text, 0o755);
  for (const [device, text] of Object.entries(udev)) put(`udev/b${device}`, text);
  fs.copyFileSync(
    path.join(ROOT, 'assets/linux/org.carousel.policy'),
    path.join(place, 'actions/org.carousel.policy'),
  );
  const app = path.join(place, APP);
  for (const what of ['bin', 'dist', 'package.json'])
    fs.cpSync(path.join(ROOT, what), path.join(app, what), { recursive: true });
  put(PACKAGED_HELPER, fs.readFileSync(HELPER), 0o755);

  const holder = spawn('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', script], {
    env: { PATH: process.env.PATH, PLACE: place, POLKITD, UDISKSD: udisks ? UDISKSD : '' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let [said, trouble] = ['', ''];
  let ended = false;
  holder.stdout.on('data', (chunk) => (said += chunk));
  holder.stderr.on('data', (chunk) => (trouble += chunk));
  const gone = new Promise((resolve) => holder.once('exit', resolve));
  void gone.then(() => (ended = true));
  w.after(async () => {
    holder.stdin.end();
    await gone;
  });
  await until(() => said.includes('ready') || ended, 'the services', START_MS);
  const logOf = (name) => fs.readFileSync(path.join(place, `${name}.log`), 'utf8');
  if (ended) throw new Error(`the services do not start: ${trouble}`);
  const inside = (...command) => ['nsenter', `--mount=/proc/${String(holder.pid)}/ns/mnt`, ...command];
  const run = (...command) => {
    const [name, ...args] = inside(...command);
    return spawnSync(name, args, { encoding: 'utf8', cwd: '/' });
  };
  for (const [name, text] of Object.entries(programs)) if (text === null) run('rm', `/usr/bin/${name}`);
  return { inside, run, logOf };
}
