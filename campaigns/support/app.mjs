// The app without its page: a real `carousel serve`, spoken to over the contract by the client that the page uses.

import { openPage } from '../../e2e/engine/support/contract.mjs';
import { HANG_MS, until } from '../../e2e/engine/support/run.mjs';

export class App {
  /** What a page would show now. */
  state;

  constructor(run) {
    this.run = run;
  }

  /**
   * Starts a core in this world and looks at it. Its settings and its journal stay in the world, so the next core finds them.
   * @param {import('../../e2e/engine/support/world.mjs').World} w
   */
  static async start(w, { env = {}, hang = HANG_MS * 2 } = {}) {
    const lab = w.lab.env;
    const run = w.command(['serve', '--json', '--listen', '127.0.0.1:0'], {
      env: { ...w.env, TESTLAB_DIR: lab.TESTLAB_DIR, PATH: lab.PATH, CAROUSEL_HOME: w.path('home'), ...env },
      hang,
    });
    const { url } = await run.seen(({ event }) => event === 'listening', 'address of the app');
    const app = new App(run);
    app.client = await openPage(url, (state) => (app.state = state));
    app.client.onClose(() => (app.closed = true));
    return app;
  }

  get pid() {
    return this.run.pid;
  }

  call(name, input) {
    return this.client.call(name, input);
  }

  /** Waits until what is shown gives something true. */
  until(probe, what, limit = HANG_MS) {
    return until(
      () => {
        if (this.closed) throw new Error(`the app went away before: ${what}`);
        return probe(this.state);
      },
      what,
      limit,
    );
  }

  /** The drive at a path, once it is known. */
  async drive(at) {
    const found = await this.until(
      ({ drives }) => Object.values(drives).find((drive) => drive.path === at),
      `${at} in the catalogue`,
    );
    return found.id;
  }

  /** What a person types, read off the drive. */
  #wordOf(drive, type) {
    const { identity, port, title } = this.state.drives[drive];
    if (type === 'serial') return identity.serial.replace(/[^\p{L}\p{N}]/gu, '').slice(-4);
    return type === 'port' ? port.split('/').at(-1) : title;
  }

  /** What a person agrees to in the sheet: everything that may be agreed to. */
  #agree(checks) {
    return checks.map(({ drive, ok, token, type, reasons }) => {
      if (!ok) throw Object.assign(new Error(`refused: ${reasons[0]?.code}`), { refused: reasons[0]?.code });
      return { drive, token, ...(type === null ? {} : { typed: this.#wordOf(drive, type) }) };
    });
  }

  /** Approvals for drives by id, on the sheet of a source. */
  async approve(source, targets, job) {
    const asked = { source, targets, ...(job ? { job } : {}) };
    return this.#agree((await this.call('jobs.checkTargets', asked)).targets);
  }

  async approveRetry(job, targets) {
    return this.#agree((await this.call('jobs.checkRetry', { job, targets })).targets);
  }

  /** Ends the core as a person does, or as a crash does. */
  async end(signal = 'SIGTERM') {
    this.client.close();
    if (!this.run.ended) process.kill(this.pid, signal);
    return this.run.exit;
  }
}
