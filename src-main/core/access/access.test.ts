import { copyFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { X509Certificate } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ContractError } from '@contract/errors.ts';
import { createAttempts, sourceOf, triesInAll, triesPerAddress } from './attempts.ts';
import { makeCertificate } from './certificate.ts';
import { fingerprintOf, pinOf } from './fingerprints.ts';
import { givenCredentials, ownCredentials } from './credentials.ts';
import { createDevices, maxDevices } from './devices.ts';
import { codeLifeMs, createOffers, maxOffers, wrongTriesPerCode } from './offers.ts';
import { createPairing } from './pairing.ts';
import { codeSecret, newCode, proofOf, readCode, shownCode } from './pairing-code.ts';

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'carousel-access-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const day = 86_400_000;
const viewer = { role: 'viewer', approve: false } as const;
const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'done',
    (error: unknown) => (error instanceof ContractError ? error.error.code : error),
  );
const mode = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

describe('the certificate of this machine', () => {
  const names = ['bench', 'localhost', '127.0.0.1', '::1', '192.168.1.20'];

  it('is for its names, signed by its own key, and good for two years', async () => {
    const now = Date.now();
    const { key, certificate, fingerprint } = await ownCredentials(dir, 'Carousel on bänch', names, now);
    const parsed = new X509Certificate(certificate);
    expect(parsed.verify(parsed.publicKey)).toBe(true);
    expect(parsed.ca).toBe(false);
    expect(parsed.checkHost('bench')).toBe('bench');
    for (const address of ['127.0.0.1', '::1', '192.168.1.20']) expect(parsed.checkIP(address)).toBe(address);
    expect(parsed.checkIP('192.168.1.21')).toBeUndefined();
    expect(Date.parse(parsed.validTo) - now).toBeGreaterThan(729 * day);
    expect(Date.parse(parsed.validFrom)).toBeLessThan(now);
    expect(fingerprint).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
    expect(key).toContain('PRIVATE KEY');
    expect(await mode(join(dir, 'key.pem'))).toBe(0o600);
  });

  it('stays as long as it is good, and is renewed with the same key when it is not', async () => {
    const now = Date.now();
    const first = await ownCredentials(dir, 'x', names, now);
    expect(await ownCredentials(dir, 'x', names, now + 600 * day)).toEqual(first);
    for (const [wanted, time] of [
      [names, now + 701 * day],
      [[...names, '10.0.0.9'], now + day],
    ] as const) {
      const before = await ownCredentials(dir, 'x', names, now);
      const next = await ownCredentials(dir, 'x', wanted, time);
      expect(next.pin).toBe(first.pin);
      expect(next.fingerprint).not.toBe(before.fingerprint);
      expect(next.earlier).toContain(before.fingerprint);
    }
  });

  it('is never replaced together with a damaged key', async () => {
    await ownCredentials(dir, 'x', names, Date.now());
    await writeFile(join(dir, 'key.pem'), 'damaged');
    await expect(ownCredentials(dir, 'x', names, Date.now())).rejects.toThrow();
    expect(await readFile(join(dir, 'key.pem'), 'utf8')).toBe('damaged');
  });

  it('may be a given one, if key and certificate belong together', async () => {
    const own = await ownCredentials(dir, 'x', names, Date.now());
    const other = await ownCredentials(join(dir, 'other'), 'x', names, Date.now());
    await writeFile(join(dir, 'given.pem'), own.certificate);
    const given = await givenCredentials(join(dir, 'given.pem'), join(dir, 'key.pem'));
    expect(given.fingerprint).toBe(own.fingerprint);
    await expect(givenCredentials(join(dir, 'given.pem'), join(dir, 'other', 'key.pem'))).rejects.toThrow(
      'not that of the certificate',
    );
    expect(other.pin).not.toBe(own.pin);
  });

  it('has a fingerprint for people and a pin for programs', async () => {
    const { key, certificate, pin } = await ownCredentials(dir, 'x', names, Date.now());
    const again = new X509Certificate(makeCertificate(key, 'x', names, Date.now()));
    expect(pinOf(again)).toBe(pin);
    expect(fingerprintOf(again)).not.toBe(fingerprintOf(new X509Certificate(certificate)));
  });
});

describe('codes', () => {
  it('are of characters that nobody takes for others, and read however they are typed', () => {
    const codes = Array.from({ length: 2000 }, newCode);
    expect(codes.every((code) => /^[2345679ACDEFGHJKMNPQRSTWXYZ]{8}$/.test(code))).toBe(true);
    expect(new Set(codes).size).toBe(2000);
    const [code = ''] = codes;
    for (const typed of [code, shownCode(code), ` ${shownCode(code).toLowerCase()} `, [...code].join(' ')])
      expect(readCode(typed)).toBe(code);
    for (const typed of ['', 'ABCD', `${code}A`, 'ABCD-EFG0', 'ä'.repeat(8), 'A'.repeat(1000)])
      expect(readCode(typed)).toBeNull();
  });

  it('prove nothing to who has another key, or for another attempt, or from the other end', async () => {
    const secret = await codeSecret('ABCDEFGH', 'pin');
    const proof = proofOf(secret, 'program', 'n');
    expect(proofOf(await codeSecret('ABCDEFGH', 'pin'), 'program', 'n')).toBe(proof);
    expect(proofOf(await codeSecret('ABCDEFGH', 'other'), 'program', 'n')).not.toBe(proof);
    expect(proofOf(await codeSecret('ABCDEFGJ', 'pin'), 'program', 'n')).not.toBe(proof);
    expect(proofOf(secret, 'program', 'm')).not.toBe(proof);
    expect(proofOf(secret, 'server', 'n')).not.toBe(proof);
  });
});

describe('tries', () => {
  it('are five a minute for one address and sixty for all', () => {
    let now = 1000;
    const attempts = createAttempts(() => now);
    for (let count = 0; count < triesPerAddress; count += 1) expect(attempts.begin('10.0.0.1')).toBeNull();
    expect(attempts.begin('10.0.0.1')).toBe(60);
    expect(attempts.begin('::ffff:10.0.0.1')).toBe(60);
    now += 30_000;
    expect(attempts.begin('10.0.0.1')).toBe(30);
    for (let count = triesPerAddress; count < triesInAll; count += 1)
      expect(attempts.begin(`10.0.1.${String(count)}`)).toBeNull();
    expect(attempts.begin('10.0.2.1')).toBe(30);
    now += 30_001;
    expect(attempts.begin('10.0.0.1')).toBeNull();
    attempts.forgive('10.0.0.1');
    for (let count = 0; count < triesPerAddress; count += 1) expect(attempts.begin('10.0.0.1')).toBeNull();
  });

  it.each([
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['10.1.2.3', '10.1.2.3'],
    ['2001:db8:1:2:aaaa::1', '2001:db8:1:2'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8::6', '2001:db8:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['::1', '0:0:0:0'],
  ])('count %s as %s', (address, source) => {
    expect(sourceOf(address)).toBe(source);
  });
});

describe('devices', () => {
  it('have keys of which only a hash is kept', async () => {
    const devices = createDevices(dir);
    const { key, device } = await devices.add('Phone\u202e\n x', viewer, 1000);
    expect(device.name).toBe('Phone x');
    expect(await devices.admit(key)).toEqual(device);
    const [file = ''] = await readdir(dir);
    expect(await mode(join(dir, file))).toBe(0o600);
    expect(await readFile(join(dir, file), 'utf8')).not.toContain(key.split('.')[1]);
    const [id, secret = ''] = key.split('.');
    for (const wrong of [
      '',
      id,
      `${String(id)}.`,
      `${'0'.repeat(16)}.${secret}`,
      `../${key}`,
      `${key}x`,
      key.slice(0, -1),
    ])
      expect(await devices.admit(String(wrong))).toBeNull();
    expect(await devices.revoke(device.id)).toBe(true);
    expect(await devices.admit(key)).toBeNull();
    expect(await devices.revoke(device.id)).toBe(false);
  });

  it('that were revoked do not come back by being seen', async () => {
    const devices = createDevices(dir);
    const { device } = await devices.add('a', viewer, 1000);
    await devices.seen(device.id, 5_000_000);
    expect((await devices.list())[0]?.seenAt).toBe(5_000_000);
    await devices.revoke(device.id);
    await devices.seen(device.id, 6_000_000);
    expect(await devices.list()).toEqual([]);
  });

  it('have names of their own, and there are not endlessly many', async () => {
    const devices = createDevices(dir);
    const names: string[] = [];
    for (const name of ['phone', 'Phone', 'phone'])
      names.push((await devices.add(name, viewer, 1)).device.name.toLowerCase());
    expect(names).toEqual(['phone', 'phone 2', 'phone 3']);
    const [file = ''] = await readdir(dir);
    for (let count = names.length; count < maxDevices; count += 1)
      await copyFile(join(dir, file), join(dir, `${count.toString(16).padStart(16, '0')}.json`));
    expect(await codeOf(devices.add('one more', viewer, 1))).toBe('too-many-devices');
  });

  it('whose files are damaged are not let in', async () => {
    const devices = createDevices(dir);
    const { key, device } = await devices.add('a', viewer, 1);
    for (const text of ['', '{', '{"version":2}', '{"version":1,"value":{"role":"operator"}}', 'null']) {
      await writeFile(join(dir, `${device.id}.json`), text);
      expect(await devices.admit(key)).toBeNull();
      expect(await devices.list()).toEqual([]);
    }
  });
});

describe('pairing', () => {
  let now = 0;
  const make = () => {
    now = 1_000_000;
    const devices = createDevices(join(dir, 'devices'));
    const offers = createOffers(join(dir, 'codes'));
    const attempts = createAttempts(() => now);
    const pair = createPairing({ devices, offers, attempts, now: () => now, pin: () => 'pin' });
    return { devices, offers, pair };
  };

  it('gives a key for a code, once, with what the code grants and the name that was given here', async () => {
    const { devices, offers, pair } = make();
    const { code } = await offers.make({ role: 'operator', approve: true }, 'Bench 2', now);
    const request = { code: shownCode(code).toLowerCase(), name: 'says the other' };
    const answer = await pair(request, '10.0.0.1');
    expect(answer).toMatchObject({ name: 'Bench 2', role: 'operator', approve: true, proof: null });
    expect(await devices.admit(answer.key)).toMatchObject({ name: 'Bench 2', role: 'operator' });
    expect(await codeOf(pair(request, '10.0.0.1'))).toBe('wrong-code');
  });

  it('of two that come with one code at once lets one in', async () => {
    const { devices, offers, pair } = make();
    const { code } = await offers.make(viewer, null, now);
    const both = [pair({ code, name: 'a' }, '10.0.0.1'), pair({ code, name: 'b' }, '10.0.0.2')];
    expect((await Promise.all(both.map(codeOf))).sort()).toEqual(['done', 'wrong-code']);
    expect(await devices.list()).toHaveLength(1);
  });

  it('takes a proof from a program, and proves the code back', async () => {
    const { offers, pair } = make();
    const { code } = await offers.make(viewer, null, now);
    await offers.make(viewer, null, now);
    const nonce = 'ab'.repeat(32);
    const secret = await codeSecret(code, 'pin');
    const elsewhere = await codeSecret(code, 'pin of another machine');
    const request = (proof: string) => ({ nonce, proof, name: 'bench' });
    expect(await codeOf(pair(request(proofOf(elsewhere, 'program', nonce)), '10.0.0.1'))).toBe('wrong-code');
    expect(await codeOf(pair(request(proofOf(secret, 'server', nonce)), '10.0.0.1'))).toBe('wrong-code');
    const answer = await pair(request(proofOf(secret, 'program', nonce)), '10.0.0.1');
    expect(answer.proof).toBe(proofOf(secret, 'server', nonce));
  });

  it('ends with the code’s ten minutes, also when the clock was set back', async () => {
    const { offers, pair } = make();
    const { code } = await offers.make(viewer, null, now);
    now += codeLifeMs;
    expect(await codeOf(pair({ code, name: 'a' }, '10.0.0.1'))).toBe('wrong-code');
    const later = await offers.make(viewer, null, now);
    now -= 3 * codeLifeMs;
    expect(await codeOf(pair({ code: later.code, name: 'a' }, '10.0.0.1'))).toBe('wrong-code');
  });

  it('voids a code after ten wrong ones, from however many addresses', async () => {
    const { offers, pair } = make();
    const { code } = await offers.make(viewer, null, now);
    for (let count = 0; count < wrongTriesPerCode; count += 1)
      expect(await codeOf(pair({ code: 'AAAA-AAAA', name: 'a' }, `10.0.0.${String(count)}`))).toBe(
        'wrong-code',
      );
    expect(await codeOf(pair({ code, name: 'a' }, '10.0.1.1'))).toBe('wrong-code');
  });

  it('makes who guesses wait, the right code included', async () => {
    const { offers, pair } = make();
    const { code } = await offers.make(viewer, null, now);
    for (let count = 0; count < triesPerAddress; count += 1)
      await codeOf(pair({ code: 'x', name: '' }, '10.0.0.1'));
    expect(await codeOf(pair({ code, name: 'a' }, '10.0.0.1'))).toBe('too-many-attempts');
    now += 60_001;
    expect(await codeOf(pair({ code, name: 'a' }, '10.0.0.1'))).toBe('done');
  });

  it.each([
    null,
    1,
    'x',
    [],
    {},
    { code: 1, name: 'a' },
    { code: 'a' },
    { name: 'a' },
    { code: 'a', name: 'b', role: 'operator' },
  ])('refuses %j without counting it', async (request) => {
    const { pair } = make();
    for (let count = 0; count < 10; count += 1)
      expect(await codeOf(pair(request, '10.0.0.1'))).toBe('bad-request');
  });

  it('has few codes open at a time', async () => {
    const { offers } = make();
    for (let count = 0; count < maxOffers; count += 1) await offers.make(viewer, null, now);
    expect(await codeOf(offers.make(viewer, null, now))).toBe('too-many-devices');
  });
});
