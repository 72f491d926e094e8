// carousel serve

import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import type { Channel } from '@contract/channel.ts';
import type { Role } from '@contract/groups/common.ts';
import { version } from '../../../package.json';
import { createApp } from '../../core/create-app.ts';
import { defaultPaths } from '../../core/default-paths.ts';
import { givenCredentials } from '../../core/access/credentials.ts';
import type { ListenAt } from '../../core/access/access-service.ts';
import { createElevator } from '../../core/elevation/elevator.ts';
import { makePractice } from '../../core/practice/make-practice.ts';
import { parseRecording } from '../../core/recording/recording.ts';
import { createReplay } from '../../core/recording/replay.ts';
import { createRecorder } from '../../core/recording/session-recorder.ts';
import { systemClock } from '../../core/system-clock.ts';
import { isLoopback, newKey, sameKey } from '../../headless/access.ts';
import type { HttpServer } from '../../headless/http-server.ts';
import { listenWith } from '../../headless/network.ts';
import { openExternal } from '../../headless/open-external.ts';
import { powerGuard } from '../../headless/power-guard.ts';
import { findRenderer } from '../../headless/renderer-dir.ts';
import { processContext, type CliContext } from '../context.ts';
import { CliError, EXIT, usageError } from '../exit-codes.ts';
import { cleanText } from '../output/clean.ts';
import { plural } from '../output/format.ts';
import { describeNetwork } from '../output/network-text.ts';

const HELP = `
The address that is printed holds a key, made anew at every start: whoever has it may do everything.
It is for this computer only. Ending the server does not end copies that run; they go on, and the next
start shows them again.

With --listen and another address than this computer's own, other devices may look in as well, encrypted
and only after they were paired ("carousel pair"). What they may do is decided there: to watch, unless
more is granted. The certificate is made at the first start; its SHA-256 fingerprint is printed.

With --json: {"event":"listening","t":0,"url":...,"host":...,"port":...,"network":null or {"urls":[...],
"fingerprint":...,"code":... or null}} when it is ready, and last {"event":"stopped","t":...,"runningJobs":0}.

Examples:
  carousel serve --open
  carousel serve --listen 0.0.0.0:8643                 let paired devices of the network look in
  carousel serve --practice ~/practice --open          try it, without a single real drive
  carousel serve --record session.jsonl                for a bug report
  carousel serve --replay session.jsonl --open`;

interface Address {
  host: string;
  port: number;
}

interface Flags {
  listen: Address;
  cert?: string;
  key?: string;
  hostName?: string[];
  open?: boolean;
  practice?: string;
  replay?: string;
  record?: string;
  json?: boolean;
}

/** What other devices of the network can reach. */
interface Network {
  urls: readonly string[];
  fingerprint: string;
  /** For the first device; null when there are some already. */
  code: string | null;
}

/** What is shown: the app itself, or a recording of it. */
interface Shown {
  connect(channel: Channel, role: Role): void;
  /** Lets paired devices in at an address. */
  openTo?(at: ListenAt): Promise<Network>;
  /** Resolves to the number of jobs that run on. */
  stop(): Promise<number>;
}

/** `127.0.0.1:8080`, `[::1]:8080`, `localhost:0`. */
function parseListen(text: string): Address {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+)):(\d{1,5})$/i.exec(text);
  const port = Number(match?.[3] ?? Number.NaN);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined || !(port <= 65_535))
    throw new InvalidArgumentError('It looks like 127.0.0.1:8080.');
  return { host, port };
}

function parseName(text: string, before: string[] = []): string[] {
  if (!/^[a-z0-9.-]{1,253}$/i.test(text)) throw new InvalidArgumentError('It looks like bench.example.org.');
  return [...before, text];
}

/** The `serve` command. */
export function serveCommand(
  context: CliContext = processContext(),
  rendererDir: string | null = findRenderer(),
): Command {
  return new Command('serve')
    .summary('show the app in a web browser')
    .description(
      'Runs the app without a window: serves it to web browsers, of this computer or of paired devices.',
    )
    .option('--listen <host:port>', 'address to listen on; port 0 takes a free one', parseListen, {
      host: '127.0.0.1',
      port: 0,
    })
    .option('--cert <file>', 'certificate (PEM) to show to other devices, instead of an own one')
    .option('--key <file>', 'its private key (PEM)')
    .option('--host-name <name>', 'another name under which other devices reach this computer', parseName)
    .option('--open', 'open the browser')
    .option('--practice <dir>', 'show only practice drives, in this folder; they are made if there are none')
    .option('--replay <file>', 'show a recording')
    .option('--record <file>', 'record everything that is shown into a new file')
    .option('--json', 'print events as JSON on standard output')
    .addHelpText('after', HELP)
    .action((flags: Flags) => serve(context, flags, rendererDir));
}

const here: Address = { host: '127.0.0.1', port: 0 };

function checkFlags({ listen, cert, key, hostName, replay, record }: Flags): void {
  if (replay !== undefined && record !== undefined)
    throw usageError('--replay and --record do not go together.');
  if ((cert === undefined) !== (key === undefined)) throw usageError('--cert and --key go together.');
  const isHere = isLoopback(listen.host);
  if (isHere && (cert !== undefined || hostName !== undefined))
    throw usageError('--cert, --key and --host-name are for an address of the network: see --listen.');
  if (!isHere && replay !== undefined) throw usageError('A recording is shown on this computer only.');
}

async function serve(context: CliContext, flags: Flags, rendererDir: string | null): Promise<void> {
  checkFlags(flags);
  if (rendererDir === null)
    throw new CliError('The app has not been built; run "npm run build".', EXIT.someTargetIsNot);

  const began = performance.now();
  const print = (event: string, more: object): void => {
    const t = Math.round(performance.now() - began) / 1000;
    if (flags.json) context.stdout.write(`${JSON.stringify({ event, t, ...more })}\n`);
  };
  const say = (text: string): void => context.stderr.write(`${text}\n`);
  const interrupted = new Promise<void>((done) => context.onInterrupt(done));

  const key = newKey();
  const isHere = isLoopback(flags.listen.host);
  const own = isHere ? flags.listen : here;
  const shown =
    flags.replay === undefined
      ? await live(context, flags, rendererDir)
      : await replayed(context, flags.replay);
  let server: HttpServer | null = null;
  let network: Network | null = null;
  try {
    const { startHttpServer } = await import('../../headless/http-server.ts');
    server = await startHttpServer<'operator'>({
      ...own,
      names: () => ['localhost', '127.0.0.1', '::1', own.host],
      rendererDir,
      guard: {
        admit: (given) => (sameKey(given, key) ? 'operator' : null),
        connect: (...args) => shown.connect(...args),
      },
    });
    if (!isHere) network = (await shown.openTo?.(await listenOptions(context, flags))) ?? null;
  } catch (error) {
    await server?.close();
    await shown.stop();
    throw listenError(error);
  }

  const url = server.urlWith(key);
  print('listening', { url, host: server.host, port: server.port, network });
  say(`Carousel is at ${url}`);
  say('Whoever has this address may write to drives. Ctrl-C ends the server.');
  if (network) describeNetwork(network).forEach(say);
  if (flags.open)
    await openExternal
      .open(url)
      .catch(() => say('The browser could not be opened; open the address yourself.'));

  await interrupted;
  await server.close();
  const runningJobs = await shown.stop();
  print('stopped', { runningJobs });
  if (runningJobs > 0)
    say(
      `${plural(runningJobs, 'copy', 'copies')} still running: it goes on, and the next start shows it again.`,
    );
}

async function listenOptions(context: CliContext, { listen, cert, key, hostName }: Flags): Promise<ListenAt> {
  const at: ListenAt = { ...listen, names: hostName ?? [] };
  if (cert === undefined || key === undefined) return at;
  try {
    const credentials = await givenCredentials(resolve(context.cwd, cert), resolve(context.cwd, key));
    return { ...at, credentials };
  } catch (error) {
    throw usageError(`The certificate cannot be used: ${cleanText((error as Error).message)}`);
  }
}

function listenError(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return usageError('That address is in use by another program.');
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return usageError('This computer has no such address.');
  if (code === 'EACCES')
    return new CliError('This port needs more rights; take one above 1023.', EXIT.permission);
  return error;
}

async function live(context: CliContext, { practice, record }: Flags, rendererDir: string): Promise<Shown> {
  const paths = defaultPaths(context.env);
  const practiceDir = practice === undefined ? paths.practiceDir : resolve(context.cwd, practice);
  if (practice !== undefined) await makePractice(practiceDir, {});
  const recorder =
    record === undefined ? undefined : createRecorder(resolve(context.cwd, record), version, systemClock);
  const elevator = createElevator({ terminal: process.stdin.isTTY });
  const app = await createApp({
    host: 'serve',
    version,
    practiceOnly: practice !== undefined,
    ...(recorder ? { recorder } : {}),
    ports: {
      clock: systemClock,
      paths: { ...paths, practiceDir },
      elevation: elevator,
      powerGuard,
      listen: listenWith(rendererDir),
    },
  });
  await app.start();
  return {
    connect: (channel, role) => app.connect(channel, role),
    async openTo(at) {
      const { urls, fingerprint, devices } = await app.listenAt(at);
      const code = devices.length > 0 ? null : await app.offerCode();
      return { urls, fingerprint: fingerprint ?? '', code };
    },
    async stop() {
      const running = Object.values(app.state.jobs).filter(({ state }) => state !== 'ended').length;
      await app.stop();
      elevator.close();
      return running;
    },
  };
}

async function replayed(context: CliContext, file: string): Promise<Shown> {
  let recording;
  try {
    recording = parseRecording(await readFile(resolve(context.cwd, file), 'utf8'));
  } catch {
    throw usageError(`${cleanText(file)} is not a recording of Carousel.`);
  }
  const replay = createReplay(recording, version, systemClock);
  void replay.play();
  return {
    connect: (channel, role) => replay.connect(channel, role),
    stop: () => {
      replay.stop();
      return Promise.resolve(0);
    },
  };
}
