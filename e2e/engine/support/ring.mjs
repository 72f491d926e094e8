// Looks into the ring of a running job (format version 1), through the supervisor's open descriptor. Read only.

import fs from 'node:fs';
import { openFilesOf } from './proc.mjs';

const HEADER = 4096;
const AT = {
  version: 8,
  slots: 12,
  blockSize: 32,
  blockCount: 40,
  entries: 48,
  needs: 56,
  head: 128,
  producerWaiting: 136,
  window: 192,
  bytesRead: 200,
};
const SEATS = ['free', 'reserved', 'attached', 'aside', 'left'];
const ENTRIES = 64;

export class RingView {
  #fd;
  #entrySize;
  #entries;

  /** @param {number} pid  any process that has the ring open */
  constructor(pid) {
    const ring = openFilesOf(pid).find(({ target }) => target.includes('memfd:carousel-ring'));
    if (!ring) throw new Error(`process ${pid} holds no ring`);
    this.#fd = fs.openSync(`/proc/${pid}/fd/${ring.number}`, 'r');
    const header = this.#read(0, HEADER);
    if (header.toString('latin1', 0, 8) !== 'CRSLRING' || header.readUInt32LE(AT.version) !== 2)
      throw new Error('this is no ring of version 2');
    this.slots = header.readUInt32LE(AT.slots);
    this.blockSize = Number(header.readBigUInt64LE(AT.blockSize));
    this.blockCount = Number(header.readBigUInt64LE(AT.blockCount));
    this.#entries = Number(header.readBigUInt64LE(AT.entries));
    this.#entrySize = (Number(header.readBigUInt64LE(AT.needs)) - this.#entries) / ENTRIES;
  }

  #read(offset, length) {
    const bytes = Buffer.alloc(length);
    fs.readSync(this.#fd, bytes, 0, length, offset);
    return bytes;
  }

  /** Sequences published so far; the newest is one less. */
  get head() {
    return Number(this.#read(AT.head, 8).readBigUInt64LE());
  }

  /** Is the producer asleep in the gate? */
  get producerWaits() {
    return this.#read(AT.producerWaiting, 4).readUInt32LE() !== 0;
  }

  get bytesRead() {
    return Number(this.#read(AT.bytesRead, 8).readBigUInt64LE());
  }

  /** One rider: `{ seat, waiting, cursor, told, bytesDone, missing }`; `told`: it was told to leave. Seats are given from 0 on, in the order of joining. */
  entry(index) {
    const bytes = this.#read(this.#entries + index * this.#entrySize, this.#entrySize);
    return {
      seat: SEATS[bytes.readUInt32LE(0)],
      waiting: bytes.readUInt32LE(4) !== 0,
      cursor: Number(bytes.readBigUInt64LE(8)),
      told: bytes.readUInt32LE(20) !== 0,
      bytesDone: Number(bytes.readBigUInt64LE(64)),
      missing: Number(bytes.readBigUInt64LE(72)),
    };
  }

  close() {
    fs.closeSync(this.#fd);
  }
}
