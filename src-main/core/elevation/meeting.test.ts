import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Meeting } from './meeting.ts';

let dir: string;
let meeting: Meeting;
const sockets: Socket[] = [];
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'carousel-meeting-'));
  meeting = await Meeting.open(dir);
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  meeting.close();
  rmSync(dir, { recursive: true, force: true });
});

async function dial(): Promise<Socket> {
  const socket = connect(join(meeting.folder, 's'));
  sockets.push(socket);
  await once(socket, 'connect');
  return socket;
}

/** The elevated helper: starts nothing, but says what it is told to say. */
async function broker() {
  const secret = readFileSync(join(meeting.folder, 'secret'), 'utf8');
  const socket = await dial();
  const lines = createInterface(socket)[Symbol.asyncIterator]();
  socket.write(`${JSON.stringify({ broker: 1, proof: secret.slice(0, secret.length / 2) })}\n`);
  await meeting.met;
  await lines.next();
  const asked = async (): Promise<string> => {
    const { value } = (await lines.next()) as { value: string };
    return (JSON.parse(value) as { launch: string }).launch;
  };
  const ended = (mark: string, how: object): void =>
    void socket.write(`${JSON.stringify({ ended: mark, ...how })}\n`);
  return { asked, ended, socket };
}

// Windows meets at a named pipe outside of the folder, which this stand-in does not know.
describe.skipIf(process.platform === 'win32')('a helper that the elevated one has started', () => {
  async function launched() {
    const { asked, ended, socket } = await broker();
    const helper = meeting.launch(['check', '/dev/sdb']);
    let [said, exit] = ['', undefined as object | undefined];
    helper.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    void helper.exited.then((how) => (exit = how));
    const mark = await asked();
    const come = async (): Promise<Socket> => {
      const own = await dial();
      own.write(`${JSON.stringify({ launch: mark })}\nan answer\n`);
      return own;
    };
    return { helper, mark, ended, come, broker: socket, said: () => said, exit: () => exit };
  }
  /** Enough for what was sent to arrive. */
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 50; i++) await turn();
  };

  it('is heard to its last word when the news of its end comes first', async () => {
    const { helper, mark, ended, come, said, exit } = await launched();
    const own = await come();
    await expect.poll(said).toBe('an answer\n');
    ended(mark, { code: 0 });
    await settle();
    expect(exit()).toBeUndefined();
    own.end('and more\n');
    expect(await helper.exited).toEqual({ code: 0, signal: null });
    expect(said()).toBe('an answer\nand more\n');
  });

  it('is heard at all when the news of its end comes before it does', async () => {
    const { helper, mark, ended, come, said, exit, broker: elevated } = await launched();
    ended(mark, { code: 0 });
    await settle();
    expect(exit()).toBeUndefined();
    elevated.destroy(); // what it has told stays told
    await settle();
    (await come()).end();
    expect(await helper.exited).toEqual({ code: 0, signal: null });
    expect(said()).toBe('an answer\n');
  });

  it('that could not be started is not waited for', async () => {
    const { helper, mark, ended } = await launched();
    ended(mark, { problem: 'no memory' });
    expect(await helper.exited).toMatchObject({ error: { message: 'no memory' } });
  });
});
