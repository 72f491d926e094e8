// Copies in the app, one after the other, to drives that this user may not open: each as a person has it done.

import assert from 'node:assert/strict';
import { until } from './run.mjs';

/**
 * Copies the image `source` of `size` bytes to each stick, in a job of its own; `afterEach` is called when one holds it. The first must not be
 * open to a look before rights were asked for.
 */
export async function copyInApp(w, app, source, sticks, size, afterEach = () => undefined) {
  const { drive: from } = await app.call('drives.addImage', { path: source });
  for (const stick of sticks) {
    const drive = await until(async () => {
      await app.call('drives.rescan', {});
      const { state } = await app.call('state.get', {});
      return Object.values(state.drives).find(({ path: at }) => at === stick.dev);
    }, `${stick.dev} in the catalogue`);
    const look = () => app.call('jobs.checkTargets', { source: from, targets: [drive.id] });
    if (stick === sticks[0]) {
      const [closed] = (await look()).targets;
      assert.deepEqual(
        [closed.ok, closed.token, closed.reasons.map(({ code }) => code)],
        [false, '', ['no-permission']],
        'nobody can agree to what was not looked at',
      );
    }
    await app.call('system.obtainRights', {});
    const [{ ok, reasons, token, level }] = (await look()).targets;
    assert.equal(ok, true, JSON.stringify(reasons));
    const word = drive.identity.serial?.replace(/[^A-Za-z0-9]/g, '').slice(-4) ?? drive.title;
    const { job } = await app.call('jobs.start', {
      source: from,
      targets: [{ drive: drive.id, token, ...(level === 2 ? { typed: word } : {}) }],
    });
    const ended = await until(async () => {
      const { state } = await app.call('state.get', {});
      return state.jobs[job].state === 'ended' && state.jobs[job];
    }, 'the job to end');
    assert.deepEqual(
      Object.values(ended.targets).map(({ state, error }) => [state, error?.code]),
      [['verified', undefined]],
    );
    await w.equal(source, stick.dev, size);
    afterEach();
  }
}
