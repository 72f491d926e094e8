/** Two linked channel ends in one process: for tests, and for the command line as a client of the core beside it. */
import type { Channel } from './channel.ts';

const soon = (run: () => void): void => void Promise.resolve().then(run);

class MemoryEnd implements Channel {
  peer: MemoryEnd | null = null;
  private receive: ((text: string) => void) | null = null;
  private queue: string[] = [];
  private draining = false;
  private ended = false;
  private readonly closeListeners: (() => void)[] = [];

  send(text: string): void {
    if (!this.ended) this.peer?.take(text);
  }

  onMessage(receive: (text: string) => void): void {
    this.receive = receive;
    this.drainSoon();
  }

  onClose(listener: () => void): void {
    if (this.ended) soon(listener);
    else this.closeListeners.push(listener);
  }

  close(): void {
    this.finish();
    this.peer?.finishAfterDrain();
  }

  congested(): boolean {
    return false;
  }

  private take(text: string): void {
    if (this.ended) return;
    this.queue.push(text);
    this.drainSoon();
  }

  private drainSoon(): void {
    if (this.draining || !this.receive) return;
    this.draining = true;
    soon(() => {
      this.draining = false;
      while (this.receive && !this.ended) {
        const text = this.queue.shift();
        if (text === undefined) return;
        this.receive(text);
      }
    });
  }

  /** What was sent before the other end closed still arrives. */
  private finishAfterDrain(): void {
    this.drainSoon();
    soon(() => this.finish());
  }

  private finish(): void {
    if (this.ended) return;
    this.ended = true;
    for (const listener of this.closeListeners) soon(listener);
  }
}

/** A pair of linked ends. */
export function createMemoryChannel(): [Channel, Channel] {
  const [a, b] = [new MemoryEnd(), new MemoryEnd()];
  a.peer = b;
  b.peer = a;
  return [a, b];
}
