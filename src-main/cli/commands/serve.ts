// carousel serve

import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import type { Channel } from '@contract/channel.ts';
import type { Role } from '@contract/groups/common.ts';
import { version } from '../../../package.json';
import { createApp } from '../../core/create-app.ts';
import { defaultPaths } from '../../core/default-paths.ts';
import { createElevator } from '../../core/elevation/elevator.ts';
import { makePractice } from '../../core/practice/make-practice.ts';
import { parseRecording } from '../../core/recording/recording.ts';
import { createReplay } from '../../core/recording/replay.ts';
import { createRecorder } from '../../core/recording/session-recorder.ts';
import { systemClock } from '../../core/system-clock.ts';
import { isLoopback, newKey } from '../../headless/access.ts';
import { startHttpServer } from '../../headless/http-server.ts';
import { openExternal } from '../../headless/open-external.ts';
import { powerGuard } from '../../headless/power-guard.ts';
import { findRenderer } from '../../headless/renderer-dir.ts';
import { processContext, type CliContext } from '../context.ts';
import { CliError, EXIT, usageError } from '../exit-codes.ts';
import { cleanText } from '../output/clean.ts';
import { plural } from '../output/format.ts';

const HELP = `
The address that is printed holds a key, made anew at every start: whoever has it may do everything.
Ending the server does not end copies that run; they go on, and the next start shows them again.

With --json: {"event":"listening","t":0,"url":...,"host":...,"port":...} when it is ready, and last
{"event":"stopped","t":...,"runningJobs":0}.

Examples:
  carousel serve --open
  carousel serve --practice ~/practice --open          try it, without a single real drive
  carousel serve --record session.jsonl                for a bug report
  carousel serve --replay session.jsonl --open`;

interface Flags {
  listen: { host: string; port: number };
  open?: boolean;
  practice?: string;
  replay?: string;
  record?: string;
  json?: boolean;
}

/** What is shown: the app itself, or a recording of it. */
interface Shown {
  connect(channel: Channel, role: Role): void;
  /** Resolves to the number of jobs that run on. */
  stop(): Promise<number>;
}

/** `127.0.0.1:8080`, `[::1]:8080`, `localhost:0`. */
function parseListen(text: string): { host: string; port: number } {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+)):(\d{1,5})$/i.exec(text);
  const port = Number(match?.[3] ?? Number.NaN);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined || !(port <= 65_535))
    throw new InvalidArgumentError('It looks like 127.0.0.1:8080.');
  return { host, port };
}

/** The `serve` command. */
export function serveCommand(
  context: CliContext = processContext(),
  rendererDir: string | null = findRenderer(),
): Command {
  return new Command('serve')
    .summary('show the app in a web browser')
    .description('Runs the app without a window: serves it to a web browser on this computer.')
    .option('--listen <host:port>', 'address to listen on; port 0 takes a free one', parseListen, {
      host: '127.0.0.1',
      port: 0,
    })
    .option('--open', 'open the browser')
    .option('--practice <dir>', 'show only practice drives, in this folder; they are made if there are none')
    .option('--replay <file>', 'show a recording')
    .option('--record <file>', 'record everything that is shown into a new file')
    .option('--json', 'print events as JSON on standard output')
    .addHelpText('after', HELP)
    .action((flags: Flags) => serve(context, flags, rendererDir));
}

async function serve(context: CliContext, flags: Flags, rendererDir: string | null): Promise<void> {
  if (!isLoopback(flags.listen.host))
    throw usageError('Only addresses of this computer are served (127.0.0.1, ::1, localhost).');
  if (flags.replay !== undefined && flags.record !== undefined)
    throw usageError('--replay and --record do not go together.');
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
  const shown =
    flags.replay === undefined ? await live(context, flags) : await replayed(context, flags.replay);
  let server;
  try {
    const grants = [{ key, role: 'operator' as const }];
    server = await startHttpServer({
      ...flags.listen,
      grants,
      rendererDir,
      connect: (...args) => shown.connect(...args),
    });
  } catch (error) {
    await shown.stop();
    throw listenError(error);
  }

  const url = server.urlWith(key);
  print('listening', { url, host: server.host, port: server.port });
  say(`Carousel is at ${url}`);
  say('Whoever has this address may write to drives. Ctrl-C ends the server.');
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

function listenError(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return usageError('That address is in use by another program.');
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return usageError('This computer has no such address.');
  if (code === 'EACCES')
    return new CliError('This port needs more rights; take one above 1023.', EXIT.permission);
  return error;
}

async function live(context: CliContext, { practice, record }: Flags): Promise<Shown> {
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
    },
  });
  await app.start();
  return {
    connect: (channel, role) => app.connect(channel, role),
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
