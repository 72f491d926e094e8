/** What every channel needs at its receiving end: messages wait for the receiver, listeners for the end. */
export interface Inbox {
  deliver(text: string): void;
  onMessage(receive: (text: string) => void): void;
  onClose(listener: () => void): void;
  /** Tells the listeners, once. */
  end(): void;
  readonly ended: boolean;
}

/** An empty inbox. */
export function createInbox(): Inbox {
  let receive: ((text: string) => void) | null = null;
  let waiting: string[] = [];
  let ended = false;
  const listeners: (() => void)[] = [];

  const drain = (): void => {
    const texts = waiting;
    waiting = [];
    for (const text of texts) receive?.(text);
  };

  return {
    get ended() {
      return ended;
    },
    deliver(text) {
      if (receive && waiting.length === 0) receive(text);
      else waiting.push(text);
    },
    onMessage(next) {
      receive = next;
      queueMicrotask(drain);
    },
    onClose(listener) {
      if (ended) queueMicrotask(listener);
      else listeners.push(listener);
    },
    end() {
      if (ended) return;
      ended = true;
      for (const listener of listeners) queueMicrotask(listener);
    },
  };
}
