// A small network on one machine: a hub with a real nats-server, and machines that are each in a network namespace of their own, with one cable
// to the hub. Needs root.

import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { onPath } from '../../../scripts/lib.mjs';
import { COMMAND, Run, until } from '../../engine/support/run.mjs';

const ADDRESS = '10.71.0.1';

/** Why there can be no such network here, or false. */
export function noNetwork() {
  if (process.platform !== 'linux') return 'needs Linux';
  if (process.getuid?.() !== 0) return 'needs root';
  for (const [program, from] of [
    ['nats-server', 'nats-server'],
    ['ip', 'iproute2'],
    ['tc', 'iproute2'],
    ['nsenter', 'util-linux'],
  ])
    if (!onPath(program)) return `needs ${program} (Debian: ${from})`;
  const name = `car-${randomBytes(3).toString('hex')}`;
  const made = spawnSync('ip', ['netns', 'add', name], { encoding: 'utf8' });
  if (made.status !== 0) return `no network namespaces here: ${made.stderr.trim()}`;
  spawnSync('ip', ['netns', 'del', name]);
  return false;
}

function must(command, ...args) {
  const done = spawnSync(command, args, { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`${command} ${args.join(' ')}: ${done.stderr}`);
  return done.stdout;
}

export class Net {
  #world;
  #tag = randomBytes(3).toString('hex');
  #machines = new Map();
  #addresses = new Map();
  #server;

  /** @param {import('../../engine/support/world.mjs').World} world */
  constructor(world) {
    this.#world = world;
    const hub = this.#namespace('hub');
    must('ip', '-n', hub, 'link', 'add', 'br0', 'type', 'bridge');
    must('ip', '-n', hub, 'addr', 'add', `${ADDRESS}/24`, 'dev', 'br0');
    must('ip', '-n', hub, 'link', 'set', 'br0', 'up');
    world.after(() => this.#close());
  }

  #namespace(name) {
    const full = `car-${this.#tag}-${name}`;
    must('ip', 'netns', 'add', full);
    must('ip', '-n', full, 'link', 'set', 'lo', 'up');
    this.#machines.set(name, full);
    return full;
  }

  get url() {
    return `nats://${ADDRESS}:4222`;
  }

  get address() {
    return ADDRESS;
  }

  /** One more machine with a cable to the hub. */
  machine(name) {
    const full = this.#namespace(name);
    const hub = this.#machines.get('hub');
    const port = `p-${name}`;
    must('ip', '-n', hub, 'link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', full);
    must('ip', '-n', hub, 'link', 'set', port, 'master', 'br0', 'up');
    const address = `10.71.0.${10 + this.#machines.size}`;
    this.#addresses.set(name, address);
    must('ip', '-n', full, 'addr', 'add', `${address}/24`, 'dev', 'eth0');
    must('ip', '-n', full, 'link', 'set', 'eth0', 'up');
    return name;
  }

  addressOf(name) {
    return this.#addresses.get(name);
  }

  /** Pulls the cable of a machine, or plugs it in again. */
  cable(name, state) {
    must('ip', '-n', this.#machines.get('hub'), 'link', 'set', `p-${name}`, state === 'in' ? 'up' : 'down');
  }

  /** Bytes that have come to a machine through its cable so far. */
  received(name) {
    const shown = must('ip', '-n', this.#machines.get(name), '-s', '-j', 'link', 'show', 'dev', 'eth0');
    return JSON.parse(shown)[0].stats64.rx.bytes;
  }

  /** Limits what goes to a machine, and what comes from it (`tc`'s words: `1gbit`). */
  limit(name, rate) {
    const shape = ['root', 'tbf', 'rate', rate, 'burst', '512kb', 'latency', '50ms'];
    must('tc', '-n', this.#machines.get('hub'), 'qdisc', 'replace', 'dev', `p-${name}`, ...shape);
    must('tc', '-n', this.#machines.get(name), 'qdisc', 'replace', 'dev', 'eth0', ...shape);
  }

  /** Words before a command that put it into a machine. */
  on(name) {
    return ['nsenter', `--net=/run/netns/${this.#machines.get(name)}`];
  }

  /** Starts the server; `config`: lines of its configuration. */
  async server(config = ['jetstream { }']) {
    const folder = this.#world.path('nats');
    fs.mkdirSync(folder, { recursive: true });
    const file = path.join(folder, 'server.conf');
    fs.writeFileSync(
      file,
      [`listen: ${ADDRESS}:4222`, ...config]
        .join('\n')
        .replace('jetstream { }', `jetstream { store_dir: "${folder}" }`),
    );
    const log = fs.openSync(path.join(folder, 'log'), 'a');
    const [program, ...args] = [...this.on('hub'), 'nats-server', '-c', file];
    const child = spawn(program, args, { stdio: ['ignore', log, log] });
    fs.closeSync(log);
    this.#server = child;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.ended = ended;
    await until(() => this.#listens(child), 'the server to listen').catch((error) => {
      throw new Error(`${error.message}\n${fs.readFileSync(path.join(folder, 'log'), 'utf8').slice(-2000)}`);
    });
    return child;
  }

  #listens(child) {
    if (child.exitCode !== null) throw new Error(`nats-server ended with ${child.exitCode}`);
    const [program, ...args] = [...this.on('hub'), 'sh', '-c', 'ss -Htln | grep -q :4222'];
    return spawnSync(program, args).status === 0;
  }

  get serverPid() {
    return this.#server.pid;
  }

  async stopServer() {
    this.#server?.kill('SIGKILL');
    await this.#server?.ended;
  }

  /** A carousel command on a machine, `--json`. */
  run(machine, words, { env = {}, hang } = {}) {
    const [program, ...args] = [...this.on(machine), process.execPath, COMMAND, ...words.map(String)];
    const w = this.#world;
    return new Run(program, args, { env: { ...w.env, ...env }, mark: w.mark, cwd: w.dir, hang });
  }

  copy(machine, source, targets, args = [], options = {}) {
    return this.run(
      machine,
      ['copy', source, ...targets, '--json', '--yes', '--publish', this.url, ...args],
      options,
    );
  }

  station(machine, job, targets, args = [], options = {}) {
    const named = ['--job', job, '--name', machine];
    return this.run(
      machine,
      ['station', this.url, ...named, ...targets, '--json', '--yes', ...args],
      options,
    );
  }

  async #close() {
    await this.stopServer();
    for (const full of this.#machines.values()) spawnSync('ip', ['netns', 'del', full]);
  }
}
