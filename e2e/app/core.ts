/** A core of its own: `carousel serve` with its own settings, state and practice folder. Leaves nothing behind. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SettingsChange } from '@contract/groups/settings.ts';
import { program } from './paths.ts';

interface Practice {
  sticks: number;
  size: string;
}

export interface CoreOptions {
  /** Only practice drives: so many, of so many bytes (`16M`). */
  practice?: Practice;
  /** Practice drives beside the real ones. */
  extraPractice?: Practice;
  settings?: SettingsChange;
  env?: NodeJS.ProcessEnv;
  /** Where the practice folder lies, if not in the home folder. */
  practiceDir?: string;
}

const startMs = 15_000;
const endMs = 10_000;

/** A folder for everything that this core writes. */
export class Home {
  readonly dir = mkdtempSync(join(tmpdir(), 'carousel-e2e-'));

  private readonly options: CoreOptions;

  constructor(options: CoreOptions) {
    this.options = options;
    if (options.settings === undefined) return;
    writeFileSync(
      join(this.dir, 'settings.json'),
      JSON.stringify({ version: 0, settings: options.settings }),
    );
  }

  get practiceDir(): string {
    return this.options.practiceDir ?? join(this.dir, 'practice');
  }

  get env(): NodeJS.ProcessEnv {
    return { ...process.env, ...this.options.env, CAROUSEL_HOME: this.dir };
  }

  /** Practice drives, before the core is there. */
  async makePractice(): Promise<void> {
    const wanted = this.options.practice ?? this.options.extraPractice;
    if (!wanted) return;
    const { sticks, size } = wanted;
    mkdirSync(this.practiceDir, { recursive: true });
    await run(['practice', this.practiceDir, '--sticks', String(sticks), '--size', size], this.env);
  }

  get arguments(): string[] {
    return this.options.practice ? [`--practice=${this.practiceDir}`] : [];
  }

  /** Ends the jobs that were begun from here, and removes the folder. Throws if something of it is still running. */
  async close(): Promise<void> {
    const left = await this.endJobs();
    rmSync(this.dir, { recursive: true, force: true });
    if (left.length > 0) throw new Error(`left behind after the test: ${left.join('; ')}`);
  }

  /** Processes that were started, directly or not, with this home. */
  processes(): number[] {
    if (process.platform !== 'linux') return [];
    const mark = `CAROUSEL_HOME=${this.dir}`;
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
      .filter((name) => read(`/proc/${name}/environ`).split('\0').includes(mark))
      .filter((name) => !/^State:\s+[ZX]/m.test(read(`/proc/${name}/status`)))
      .map(Number);
  }

  private async endJobs(): Promise<string[]> {
    const signals: NodeJS.Signals[] = ['SIGTERM', 'SIGKILL'];
    for (const signal of signals) {
      for (const pid of this.processes()) tryKill(pid, signal);
      for (const until = Date.now() + endMs; Date.now() < until && this.processes().length > 0;)
        await sleep(50);
    }
    return this.processes().map((pid) => read(`/proc/${String(pid)}/cmdline`).replaceAll('\0', ' '));
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // the process is gone, or not ours
  }
}

function tryKill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // gone meanwhile
  }
}

/** Runs `carousel` to its end. */
export function run(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk) => (out += String(chunk)));
    child.stderr.on('data', (chunk) => (err += String(chunk)));
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0
        ? resolve(out)
        : reject(new Error(`carousel ${args.join(' ')}: exit ${String(code)}\n${err}`)),
    );
  });
}

/** `carousel serve`, ready. */
export class Core {
  private readonly child: ChildProcess;
  /** The address with the key in it. */
  readonly url: string;

  private constructor(child: ChildProcess, url: string) {
    this.child = child;
    this.url = url;
  }

  static async start(home: Home): Promise<Core> {
    const args = [program, 'serve', '--json', '--listen', '127.0.0.1:0', ...home.arguments];
    const child = spawn(process.execPath, args, { env: home.env, stdio: ['ignore', 'pipe', 'pipe'] });
    try {
      return new Core(child, await address(child));
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  /** As a person ends it, or as the system does. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill(signal);
    const timer = setTimeout(() => this.child.kill('SIGKILL'), endMs);
    await gone;
    clearTimeout(timer);
  }
}

function address(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let [out, err] = ['', ''];
    const timer = setTimeout(() => reject(new Error(`carousel serve is not ready:\n${err}`)), startMs);
    child.stderr?.on('data', (chunk) => (err += String(chunk)));
    child.on('exit', (code) => reject(new Error(`carousel serve ended with ${String(code)}:\n${err}`)));
    child.stdout?.on('data', (chunk) => {
      out += String(chunk);
      const line = out.split('\n').find((one) => one.includes('"listening"'));
      if (line === undefined) return;
      clearTimeout(timer);
      resolve((JSON.parse(line) as { url: string }).url);
    });
  });
}
