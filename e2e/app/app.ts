/**
 * The app under test: the built one, with a real core and a real helper, in the browser or in Electron. A test fails on
 * any complaint in the console, on any uncaught error, and when anything is left running.
 */
import { AxeBuilder } from '@axe-core/playwright';
import {
  _electron,
  expect,
  test as base,
  type Browser,
  type BrowserContextOptions,
  type Page,
} from '@playwright/test';
import { canMakeSticks, Lab } from '../../testlab/sticks.mjs';
import { Core, Home, run, type CoreOptions } from './core.ts';
import { electronBinary } from './electron.ts';
import { root } from './paths.ts';

export { expect };

export interface OpenOptions extends CoreOptions {
  /** How the page is looked at (browser only; in Electron the media are emulated afterwards). */
  context?: BrowserContextOptions;
}

/** One running app. */
export class Carousel {
  readonly complaints: string[] = [];
  private readonly forgiven: RegExp[] = [];
  private readonly closers: (() => Promise<void>)[] = [];
  private home: Home | null = null;
  private core: Core | null = null;
  private readonly browser: Browser;
  readonly inElectron: boolean;

  constructor(browser: Browser, inElectron: boolean) {
    this.browser = browser;
    this.inElectron = inElectron;
  }

  /** Starts everything and shows the first screen. */
  async open(options: OpenOptions = {}): Promise<Page> {
    const home = (this.home = new Home(options));
    this.closers.push(() => home.close());
    await home.makePractice();
    return this.inElectron ? this.openWindow(home) : this.openTab(home, options.context ?? {});
  }

  /** Where practice drives are. */
  get practiceDir(): string {
    return this.home?.practiceDir ?? '';
  }

  /** Runs `carousel` as the same person, to its end. */
  command(...args: string[]): Promise<string> {
    if (!this.home) throw new Error('nothing was opened');
    return run(args, this.home.env);
  }

  private async openTab(home: Home, context: BrowserContextOptions): Promise<Page> {
    this.core = await Core.start(home);
    const tabs = await this.browser.newContext(context);
    this.closers.push(async () => {
      await tabs.close();
      await this.core?.end();
    });
    return this.openPage(await tabs.newPage());
  }

  private async openWindow(home: Home): Promise<Page> {
    const asRoot = process.platform === 'linux' && process.getuid?.() === 0;
    const app = await _electron.launch({
      executablePath: electronBinary() ?? '',
      args: [...(asRoot ? ['--no-sandbox'] : []), root, ...home.arguments],
      env: Object.fromEntries(
        Object.entries(home.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
      ),
    });
    this.closers.push(() => app.close());
    return this.watch(await app.firstWindow());
  }

  /** Shows the running core in a page that is watched. */
  async openPage(page: Page): Promise<Page> {
    if (!this.core) throw new Error('there is no core');
    this.watch(page);
    await page.goto(this.core.url);
    return page;
  }

  /** Something of a test that ends with it. */
  onClose(close: () => Promise<void>): void {
    this.closers.push(close);
  }

  /** Another machine: a core with a home of its own, and a page that shows it. */
  async openSecond(): Promise<Page> {
    return (await this.openMachine({ practice: { sticks: 1, size: '16M' } })).page;
  }

  /** The same with other options; and where its practice drives are. */
  async openMachine(options: CoreOptions): Promise<{ page: Page; practiceDir: string }> {
    const home = new Home(options);
    this.closers.push(() => home.close());
    await home.makePractice();
    const core = await Core.start(home);
    const tabs = await this.browser.newContext();
    this.closers.push(async () => {
      await tabs.close();
      await core.end();
    });
    const page = this.watch(await tabs.newPage());
    await page.goto(core.url);
    return { page, practiceDir: home.practiceDir };
  }

  /** Every complaint of this page fails the test. */
  watch(page: Page): Page {
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.complaints.push(`console: ${message.text()}`);
    });
    page.on('pageerror', (error) => this.complaints.push(`uncaught: ${String(error)}`));
    return page;
  }

  /** From now on complaints that match are expected: a page whose core was killed says so. */
  forgive(pattern: RegExp): void {
    this.forgiven.push(pattern);
  }

  /** Kills the core as a crash would. */
  async killCore(): Promise<void> {
    await this.core?.end('SIGKILL');
  }

  /** A new core with the same settings and state. */
  async restartCore(): Promise<void> {
    if (!this.home) throw new Error('nothing was opened');
    this.core = await Core.start(this.home);
  }

  /** No screen may have a problem that axe can find. */
  async axe(page: Page): Promise<void> {
    // Off by default: who says what a button shows must find it by that.
    const builder = new AxeBuilder({ page }).options({
      rules: { 'label-content-name-mismatch': { enabled: true } },
    });
    // Colours on their way from one to another are nobody's choice.
    await page.evaluate(() =>
      Promise.allSettled(
        document
          .getAnimations()
          .filter((one) => Number.isFinite(one.effect?.getComputedTiming().endTime))
          .map((one) => one.finished),
      ),
    );
    // It opens a page of its own for its report, which Electron's windows cannot do.
    const { violations } = await (this.inElectron ? builder.setLegacyMode() : builder).analyze();
    const found = violations.map(
      ({ id, nodes }) =>
        `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary ?? ''}`).join('\n')}`,
    );
    expect(found, 'accessibility problems').toEqual([]);
  }

  async close(): Promise<string[]> {
    const problems: string[] = [];
    for (const close of this.closers.reverse()) {
      await close().catch((error: unknown) => problems.push(String(error)));
    }
    const meant = (text: string): boolean => this.forgiven.some((pattern) => pattern.test(text));
    return [...this.complaints.filter((text) => !meant(text)), ...problems];
  }
}

export const sticksAre = canMakeSticks();

export const test = base.extend<{ carousel: Carousel; lab: Lab }>({
  carousel: async ({ browser }, use, info) => {
    const carousel = new Carousel(browser, info.project.name === 'electron');
    await use(carousel);
    const problems = await carousel.close();
    expect(problems, 'complaints of the page, and what was left behind').toEqual([]);
  },
  // eslint-disable-next-line no-empty-pattern -- Playwright reads the names of the fixtures from here
  lab: async ({}, use) => {
    test.skip(!sticksAre.ok, sticksAre.reason);
    const lab = new Lab();
    await use(lab);
    await lab.close();
  },
});
