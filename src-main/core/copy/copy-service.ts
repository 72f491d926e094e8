/** Copies of named paths for the command line: one on a connection, told as the helper tells it. */
import { appError, ContractError, fail } from '@contract/errors.ts';
import type { CopyRequest } from '@contract/groups/copy.ts';
import type { JobSummary } from '@contract/helper-messages.ts';
import type { CallOutput } from '@contract/schema.ts';
import type { Connection } from '@contract/server.ts';
import { lookFirst, type Uses } from '../elevation/look-first.ts';
import type { JobRequest } from '../helper/helper-job.ts';
import { HelperNotFound } from '../helper/helper-path.ts';
import { HelperCommandError } from '../helper/one-shot.ts';
import type { Engine, EngineJob } from '../jobs/engine.ts';
import type { Elevation } from '../ports.ts';

const maxNote = 4096;

export interface CopyService {
  check(uses: Uses): Promise<CallOutput<'copy.check'>>;
  start(request: CopyRequest, connection: Connection): number | null;
  cancel(connection: Connection): void;
  result(connection: Connection): Promise<JobSummary>;
}

/** What the helper's side threw, as an error of the contract. */
function asContractError(error: unknown): unknown {
  if (error instanceof HelperNotFound)
    return new ContractError(appError('helper-missing', { detail: error.message.slice(0, 4096) }));
  if (error instanceof HelperCommandError) {
    const errno = error.errno === undefined ? {} : { errno: error.errno.slice(0, 32) };
    return new ContractError(appError('helper-failed', { ...errno, detail: error.message.slice(0, 4096) }));
  }
  // A request that no helper would take.
  if (error instanceof RangeError)
    return new ContractError(appError('bad-request', { at: error.message.slice(0, 256) }));
  return error;
}

function jobRequest({
  source,
  targets,
  approvals = [],
  options: { blockSize, ...rest },
}: CopyRequest): JobRequest {
  const given = Object.entries({ ...rest, block: blockSize }).filter(([, value]) => value !== undefined);
  const tokens = new Map(approvals.map(({ path, token }) => [path, token]));
  return { source, targets, approvals: tokens, options: Object.fromEntries(given) };
}

/** A service without copies. */
export function createCopyService(engine: () => Engine, elevation: Elevation): CopyService {
  const copies = new WeakMap<Connection, EngineJob>();
  const running = new WeakSet<Connection>();
  const copyOf = (connection: Connection): EngineJob => copies.get(connection) ?? fail('no-such-job');

  function tell(job: EngineJob, connection: Connection): void {
    const note = (text: string): void => void connection.emit('copy.note', { text: text.slice(0, maxNote) });
    job.on('event', (event) => {
      if (!connection.emit('copy.event', event))
        note(`A message of the helper was too large: ${event.event}`);
    });
    job.on('log', note);
    job.on('violation', (reason) => note(`The helper said something that makes no sense: ${reason}`));
    void job.finished.then(() => running.delete(connection));
    connection.onClose(() => job.detach());
  }

  return {
    async check(uses) {
      try {
        const { found, refusal } = await lookFirst(engine(), elevation, uses);
        return { found: found.map((verdict) => verdict ?? null), refusal };
      } catch (error) {
        throw asContractError(error);
      }
    },
    start(request, connection) {
      if (running.has(connection)) fail('busy');
      try {
        const job = engine().start(jobRequest(request));
        copies.set(connection, job);
        running.add(connection);
        tell(job, connection);
        return job.pid ?? null;
      } catch (error) {
        throw asContractError(error);
      }
    },
    cancel: (connection) => void copyOf(connection).cancel(),
    result: (connection) => copyOf(connection).finished,
  };
}
