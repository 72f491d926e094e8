// The programs that are measured side by side, each as one function: copy SOURCE (size bytes) to all TARGETS and return the seconds until
// everything is durable, or null where the program is not installed.
import { spawn, spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
export const helperPath = path.join(root, 'native-helpers/build/Release/carousel-helper');
const limitPath = path.join(root, 'native-helpers/build/Release/carousel-bench-limit');

export const has = (program) => !spawnSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' }).status;
export const quote = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
const seconds = (from) => Number(process.hrtime.bigint() - from) / 1e9;

/** Runs a shell command to its end; the seconds it took. Throws if it fails. */
export async function timed(command) {
  const from = process.hrtime.bigint();
  const child = spawn('bash', ['-o', 'pipefail', '-c', command], { stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (chunk) => (errors += chunk));
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`${command}: ${errors.slice(-300)}`);
  return seconds(from);
}

/** Targets for the helper's own verbs, drives with the approval of this moment. */
export function approved(targets) {
  if (targets.length === 0) return [];
  const { status, stdout, stderr } = spawnSync(helperPath, ['survey', ...targets], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the targets could not be looked at: ${stderr}`);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
    .map(({ path: at, survey }) => ({
      path: at,
      ...(survey?.approval ? { approval: survey.approval } : {}),
    }));
}

/** A job of the engine that can be talked to while it runs. */
export class Job {
  constructor(source, targets, options = {}, manifest = undefined) {
    const riders = approved(targets); // before the clock runs
    this.events = [];
    this.child = spawn(helperPath, ['job'], { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
    this.from = process.hrtime.bigint();
    this.over = new Promise((resolve) => this.child.on('close', resolve));
    this.waiters = [];
    let rest = '';
    this.child.stdout.on('data', (chunk) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop();
      for (const line of lines) this.#take(JSON.parse(line));
    });
    this.say(
      manifest === undefined
        ? { verb: 'start', version: 1, source: { path: source }, targets: riders, options }
        : { verb: 'verify', version: 1, manifest, targets: riders, options },
    );
    this.summary = this.until((e) => e.event === 'summary');
  }
  say(verb) {
    this.child.stdin.write(JSON.stringify(verb) + '\n');
  }
  #take(event) {
    event.at = seconds(this.from);
    this.events.push(event);
    this.waiters = this.waiters.filter(({ wanted, resolve }) => !wanted(event) || resolve(event));
  }
  /** The first event, past or to come, that is wanted. */
  until(wanted) {
    const past = this.events.find(wanted);
    return past
      ? Promise.resolve(past)
      : new Promise((resolve) => this.waiters.push({ wanted, resolve: (e) => (resolve(e), false) }));
  }
  /** The summary, once the helper has ended too, so that its processor time can be counted. */
  async end() {
    const summary = await this.summary;
    await this.over;
    if (!summary.ok)
      throw new Error(`the engine's copy is not good: ${JSON.stringify(summary).slice(0, 500)}`);
    return summary;
  }
}

/** Programs that read targets back: the seconds it took. */
export const readers = {
  carousel: async (manifest, targets) => (await new Job(undefined, targets, {}, manifest).end()).at,
  'dd each': (_manifest, targets) =>
    timed(
      targets
        .map((t) => `dd if=${quote(t)} of=/dev/null bs=1M iflag=direct status=none & p="$p $!";`)
        .join(' ') + ' for i in $p; do wait $i || exit 1; done',
    ),
};

export const peers = {
  limit: async (source, size, targets) =>
    Number(spawnSync(limitPath, [source, String(size), ...targets], { encoding: 'utf8' }).stdout),
  carousel: async (source, _size, targets) => (await new Job(source, targets).end()).at,
  'dd each': (source, _size, targets) =>
    timed(
      targets
        .map(
          (t) =>
            `dd if=${quote(source)} of=${quote(t)} bs=1M iflag=direct oflag=direct conv=fsync status=none & p="$p $!";`,
        )
        .join(' ') + ' for i in $p; do wait $i || exit 1; done',
    ),
  tee: (source, _size, targets) =>
    timed(
      `tee ${targets.slice(1).map(quote).join(' ')} < ${quote(source)} > ${quote(targets[0])} && sync ${targets.map(quote).join(' ')}`,
    ),
  dcfldd: !has('dcfldd')
    ? null
    : (source, _size, targets) =>
        timed(
          `dcfldd if=${quote(source)} bs=1M ${targets.map((t) => `of=${quote(t)}`).join(' ')} && sync ${targets.map(quote).join(' ')}`,
        ),
};
