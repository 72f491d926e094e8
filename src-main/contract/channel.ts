/**
 * The one transport interface. Electron IPC, WebSocket, memory and replay are each a maker of it;
 * `testing/channel-conformance.ts` is the suite that every one of them runs.
 */
export interface Channel {
  /** Sends one message. Messages arrive in order. On a closed channel this does nothing. */
  send(text: string): void;
  /**
   * Sets the one receiver. What arrived before is kept and delivered first.
   * A receiver is never called from within `send` of the same end.
   */
  onMessage(receive: (text: string) => void): void;
  /** Adds a listener for the end of the channel: called once, also when the channel has already ended. */
  onClose(listener: () => void): void;
  /** Ends the channel at both ends. May be called again. */
  close(): void;
  /** True while the other end takes messages more slowly than they are sent: do not send what can wait. */
  congested(): boolean;
}
