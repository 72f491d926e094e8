/** A real nats-server with JetStream on the loopback address, of this test alone. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onPath } from '../../scripts/lib.mjs';

export const natsIs = onPath('nats-server') ? null : 'needs nats-server (Debian: nats-server)';

/** A port that nobody listens on now. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });

export class Nats {
  readonly url: string;
  private readonly dir: string;
  private readonly port: number;
  private child: ChildProcess | null = null;

  private constructor(dir: string, port: number) {
    this.dir = dir;
    this.port = port;
    this.url = `nats://127.0.0.1:${String(port)}`;
  }

  /** `users`: lines of its configuration that say who may come in. */
  static async start(users = ''): Promise<Nats> {
    const dir = mkdtempSync(join(tmpdir(), 'carousel-nats-'));
    const nats = new Nats(dir, await freePort());
    const lines = [
      `listen: "127.0.0.1:${String(nats.port)}"`,
      `jetstream { store_dir: "${dir}", max_mem: 256MB }`,
      users,
    ];
    writeFileSync(join(dir, 'server.conf'), lines.join('\n'));
    await nats.run();
    return nats;
  }

  /** A file beside the server's own. */
  file(name: string, text: string): string {
    const path = join(this.dir, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  }

  /** Starts it, or starts it anew where it was. */
  async run(): Promise<void> {
    const log = join(this.dir, 'log');
    const child = spawn('nats-server', ['-c', join(this.dir, 'server.conf'), '-l', log], { stdio: 'ignore' });
    this.child = child;
    for (let tries = 0; tries < 100; tries += 1) {
      if (child.exitCode !== null) break;
      if (readLog(log).includes('Server is ready')) return;
      await sleep(100);
    }
    throw new Error(`nats-server did not begin:\n${readLog(log).slice(-2000)}`);
  }

  /** Holds it, as a pulled cable does: connections stay and say nothing. */
  pause(): void {
    this.child?.kill('SIGSTOP');
  }

  resume(): void {
    this.child?.kill('SIGCONT');
  }

  async close(): Promise<void> {
    const { child } = this;
    if (child && child.exitCode === null) {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await gone;
    }
    rmSync(this.dir, { recursive: true, force: true });
  }
}

function readLog(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // not there yet
  }
}
